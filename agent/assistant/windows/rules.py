"""What each way of saying a time means; an open start is None (all before), an open end None (now)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from agent.assistant.windows import spans
from agent.assistant.windows.calendar import Calendar, add_units, next_start, start_of
from agent.assistant.windows.days import number_of
from agent.assistant.windows.points import (
    A_DAY,
    Context,
    Groups,
    back,
    month_of,
    part_of,
    period_of,
    read_point,
    spoken_part,
    the_day,
)
from agent.assistant.windows.problems import WindowError

Ends = tuple[datetime | None, datetime | None]
SATURDAY = 5
DAYS_A_WEEK = 7
HALF = 16
MONTHS = 12
NUMBERED = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3}


def _all(_: Groups, __: Context) -> Ends:
    return None, None


def _since(groups: Groups, context: Context) -> Ends:
    return read_point(groups["a"] or "", context).start, None


def _since_shift(groups: Groups, context: Context) -> Ends:
    """Return from the start of a shift on: the one that runs, or the latest of a name."""
    start, _ = _shift(groups, context) if groups.get("name") else (context.shifts.current().start, None)
    return start, None


def _after(groups: Groups, context: Context) -> Ends:
    return read_point(groups["a"] or "", context).end, None


def _before(groups: Groups, context: Context) -> Ends:
    return None, read_point(groups["a"] or "", context).start


def _days_of_month(groups: Groups, context: Context) -> Ends:
    """Return the first or last so many days or weeks of a month, or one of its halves, which meet at the 16th."""
    year = groups.get("year")
    first, after = month_of(
        context.language.months[groups["month"] or ""], int(year) if year else None, context.calendar
    )
    is_first = groups["which"] == "first"
    if groups.get("number"):
        days = number_of(groups["number"] or "", context.language) * (
            DAYS_A_WEEK if groups.get("unit") == "weeks" else 1
        )
        length = timedelta(days=min(days, (after - first).days))
        middle = first + length if is_first else after - length
    else:
        middle = first.replace(day=HALF)
    window = context.calendar.days(first, middle) if is_first else context.calendar.days(middle, after)
    return window.start, window.end


def _days_of_year(groups: Groups, context: Context) -> Ends:
    """Return the first so many months of this year."""
    first = start_of(context.calendar.today, "year")
    months = min(number_of(groups["number"] or "", context.language), MONTHS)
    return _local_days(first, add_units(first, months, "month"), context)


def _week_of_month(groups: Groups, context: Context) -> Ends:
    """Return the first, second, third or fourth seven days of a month: the answer says which those are."""
    year = groups.get("year")
    first, _ = month_of(context.language.months[groups["month"] or ""], int(year) if year else None, context.calendar)
    start = first + timedelta(days=DAYS_A_WEEK * NUMBERED[groups["which"] or "first"])
    window = context.calendar.days(start, start + timedelta(days=DAYS_A_WEEK))
    return window.start, window.end


def _unclear(_: Groups, __: Context) -> Ends:
    raise WindowError("I need the dates for that: say, for example, from 1 to 7 March.")


def _rolling(groups: Groups, context: Context) -> Ends:
    number = number_of(groups["number"] or "1", context.language) if groups.get("number") else 1
    return back(number, context.language.units[groups["unit"] or ""], context), None


def _half_hour(_: Groups, context: Context) -> Ends:
    return context.calendar.now - timedelta(minutes=30), None


def _week_before(groups: Groups, context: Context) -> Ends:
    unit = groups["unit"] or ""
    first = add_units(start_of(context.calendar.today, unit), -2, unit)
    return _local_days(first, next_start(first, unit), context)


def _day_part(groups: Groups, context: Context) -> Ends:
    if groups.get("day"):
        window = part_of(the_day(groups["day"] or "", context).date, groups["part"] or "", context)
    else:
        window = spoken_part(groups.get("which") or "this", groups.get("part") or "night", context)
    return window.start, window.end


def _shift(groups: Groups, context: Context) -> Ends:
    which, name = groups.get("which"), groups.get("name")
    if name is None:
        shift = context.shifts.ended() if which in {"last", "previous", "past"} else context.shifts.current()
        return shift.start, shift.end
    place = context.language.shift_names[name]
    if groups.get("day"):
        shift = context.shifts.on(the_day(groups["day"] or "", context).date, place)
    elif which in {"today", "tonight"}:
        shift = context.shifts.on(context.calendar.today, place)
    else:
        shift = context.shifts.named(place, has_ended=which in {"last", "previous", "past"})
    return shift.start, shift.end


def _week_of(groups: Groups, context: Context) -> Ends:
    first = start_of(the_day(groups["day"] or "", context).date, "week")
    return _local_days(first, next_start(first, "week"), context)


def _week_number(groups: Groups, context: Context) -> Ends:
    number, year = int(groups["number"] or 0), groups.get("year")
    try:
        first = date.fromisocalendar(int(year) if year else context.calendar.today.year, number, 1)
        if year is None and first > context.calendar.today:
            first = date.fromisocalendar(context.calendar.today.year - 1, number, 1)
    except ValueError as error:
        raise WindowError(f"There is no week {number}.") from error
    return _local_days(first, next_start(first, "week"), context)


def _weekend(groups: Groups, context: Context) -> Ends:
    today = context.calendar.today
    saturday = start_of(today, "week") + timedelta(days=SATURDAY)
    if groups.get("which") != "this" and (saturday > today or groups.get("which") in {"last", "previous", "past"}):
        saturday -= timedelta(days=7)
    if groups.get("before"):
        saturday -= timedelta(days=7)
    return _local_days(saturday, saturday + timedelta(days=2), context)


def _since_weekend(_: Groups, context: Context) -> Ends:
    return _weekend({}, context)[0], None


def _weekend_of(groups: Groups, context: Context) -> Ends:
    day = the_day(groups["day"] or "", context).date
    saturday = start_of(day, "week") + timedelta(days=SATURDAY)
    return _local_days(saturday, saturday + timedelta(days=2), context)


def _easter(_: Groups, context: Context) -> Ends:
    """Return Good Friday to Easter Monday, the latest not after today."""
    first = the_day("good friday", context).date
    return _local_days(first, first + timedelta(days=4), context)


def _workdays(groups: Groups, context: Context) -> Ends:
    first, _ = period_of(groups["which"] or "", "week", context.calendar)
    return _local_days(first, first + timedelta(days=SATURDAY), context)


def _rolling_part(groups: Groups, context: Context) -> Ends:
    """Return so many hours or days up to now, and a part of one: `the last 1.5 hours`, `the last day and a half`."""
    said = groups["number"] or ""
    unit = "day" if "day" in f"{said}{groups['unit'] or ''}" else "hour"
    whole = said.removesuffix(" and a half")
    if "." in said:
        number = float(said)
    elif whole in {"hour", "day"}:
        number = 1.5
    else:
        number = (int(whole) if whole.isdigit() else context.language.numbers.get(whole, 1)) + 0.5
    return context.calendar.now - timedelta(**{f"{unit}s": number}), None


def _quarter_named(groups: Groups, context: Context) -> Ends:
    number = NUMBERED[groups["which"] or "first"] + 1
    return _quarter({"number": str(number), "year": groups.get("year")}, context)


def _quarter(groups: Groups, context: Context) -> Ends:
    month, year = int(groups["number"] or 1) * 3 - 2, groups.get("year")
    first = month_of(month, int(year) if year else None, context.calendar)[0]
    return _local_days(first, next_start(first, "quarter"), context)


def _to_date(groups: Groups, context: Context) -> Ends:
    return context.calendar.at(start_of(context.calendar.today, groups["unit"] or "")), None


def _period(groups: Groups, context: Context) -> Ends:
    return _local_days(*period_of(groups["which"] or "", groups["unit"] or "", context.calendar), context)


def _month(groups: Groups, context: Context) -> Ends:
    year, which = groups.get("year"), groups.get("which")
    first, after = month_of(
        context.language.months[groups["month"] or ""], int(year) if year else None, context.calendar
    )
    if which in {"last", "previous"} and first == start_of(context.calendar.today, "month"):
        first = add_units(first, -1, "year")
        after = next_start(first, "month")
    if which == "next":
        first = first if first > context.calendar.today else add_units(first, 1, "year")
        after = next_start(first, "month")
    return _local_days(first, after, context)


def _iso_month(groups: Groups, context: Context) -> Ends:
    return _local_days(*month_of(int(groups["month"] or 0), int(groups["year"] or 0), context.calendar), context)


def _hour(groups: Groups, context: Context) -> Ends:
    words = f"{groups['day']} {groups['clock']}" if groups.get("day") else groups["clock"] or ""
    start = read_point(words, context).start
    return start, start + timedelta(hours=1)


def _day(groups: Groups, context: Context) -> Ends:
    day = the_day(groups["day"] or "", context).date
    return _local_days(day, day + A_DAY, context)


def _year(groups: Groups, context: Context) -> Ends:
    first = date(int(groups["year"] or 0), 1, 1)
    return _local_days(first, next_start(first, "year"), context)


def _ago(groups: Groups, context: Context) -> Ends:
    number, unit = number_of(groups["number"] or "", context.language), context.language.units[groups["unit"] or ""]
    if unit == "week" and number == 1:
        return _local_days(
            context.calendar.today - timedelta(days=7), context.calendar.today - timedelta(days=6), context
        )
    if unit in {"minute", "hour", "shift"}:
        return back(number, unit, context), back(number - 1, unit, context) if number > 1 else None
    first = start_of(Calendar(back(number, unit, context), context.calendar.zone).today, unit)
    return _local_days(first, next_start(first, unit), context)


def _local_days(first: date, after: date, context: Context) -> tuple[datetime, datetime]:
    return context.calendar.at(first), context.calendar.at(after)


RULES: dict[str, Callable[[Groups, Context], Ends]] = {
    "all": _all,
    "since": _since,
    "since_shift": _since_shift,
    "span_before": spans.span_before,
    "span_after": spans.span_after,
    "after": _after,
    "before": _before,
    "after_on": spans.after_on,
    "before_on": spans.before_on,
    "unclear": _unclear,
    "between": spans.between,
    "days": spans.days,
    "days_of_month": _days_of_month,
    "days_of_year": _days_of_year,
    "week_of_month": _week_of_month,
    "rolling": _rolling,
    "half_hour": _half_hour,
    "week_before": _week_before,
    "day_part": _day_part,
    "shift": _shift,
    "week_of": _week_of,
    "week_number": _week_number,
    "weekend": _weekend,
    "weekend_of": _weekend_of,
    "since_weekend": _since_weekend,
    "easter": _easter,
    "workdays": _workdays,
    "rolling_part": _rolling_part,
    "quarter": _quarter,
    "quarter_named": _quarter_named,
    "to_date": _to_date,
    "period": _period,
    "month": _month,
    "iso_month": _iso_month,
    "hour": _hour,
    "day": _day,
    "year": _year,
    "ago": _ago,
}
