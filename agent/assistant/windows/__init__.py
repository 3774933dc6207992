"""From words about time to half-open windows: `since Monday 6am`, `last night shift`, `in March`."""
