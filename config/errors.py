"""The base of every error Oddspot raises on purpose."""


class OddspotError(Exception):
    """Something that could not be done, said in one sentence; `permanent` says whether trying again is useless."""

    permanent: bool = True


def reason_of(error: OSError) -> str:
    """Say why the system refused something; copying a folder gathers several reasons, of which the first is said."""
    if error.strerror:
        return error.strerror
    several = error.args[0] if error.args else None
    return str(several[0][-1] if isinstance(several, list) and several else error) or type(error).__name__
