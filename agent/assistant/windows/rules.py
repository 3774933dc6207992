"""What each way of saying a time means; an open start is None (all before), an open end None (now)."""

from collections.abc import Callable
from datetime import timedelta

from agent.assistant.windows import periods, spans
from agent.assistant.windows.calendar import Calendar, add_units, next_start, start_of
from agent.assistant.windows.days import number_of
from agent.assistant.windows.points import (
    A_DAY,
    Context,
    Ends,
    Groups,
    back,
    part_of,
    period_of,
    read_point,
    spoken_part,
    the_day,
)
from agent.assistant.windows.problems import WindowError


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
    return periods.local_days(first, next_start(first, unit), context)


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


def _to_date(groups: Groups, context: Context) -> Ends:
    return context.calendar.at(start_of(context.calendar.today, groups["unit"] or "")), None


def _period(groups: Groups, context: Context) -> Ends:
    return periods.local_days(*period_of(groups["which"] or "", groups["unit"] or "", context.calendar), context)


def _hour(groups: Groups, context: Context) -> Ends:
    words = f"{groups['day']} {groups['clock']}" if groups.get("day") else groups["clock"] or ""
    start = read_point(words, context).start
    return start, start + timedelta(hours=1)


def _day(groups: Groups, context: Context) -> Ends:
    day = the_day(groups["day"] or "", context).date
    return periods.local_days(day, day + A_DAY, context)


def _ago(groups: Groups, context: Context) -> Ends:
    number, unit = number_of(groups["number"] or "", context.language), context.language.units[groups["unit"] or ""]
    if unit == "week" and number == 1:
        return periods.local_days(
            context.calendar.today - timedelta(days=7), context.calendar.today - timedelta(days=6), context
        )
    if unit in {"minute", "hour", "shift"}:
        return back(number, unit, context), back(number - 1, unit, context) if number > 1 else None
    first = start_of(Calendar(back(number, unit, context), context.calendar.zone).today, unit)
    return periods.local_days(first, next_start(first, unit), context)


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
    "days_of_month": periods.days_of_month,
    "days_of_year": periods.days_of_year,
    "week_of_month": periods.week_of_month,
    "weekday_of_month": periods.weekday_of_month,
    "rolling": _rolling,
    "half_hour": _half_hour,
    "week_before": _week_before,
    "day_part": _day_part,
    "shift": _shift,
    "week_of": periods.week_of,
    "week_number": periods.week_number,
    "weekend": periods.weekend,
    "weekend_of": periods.weekend_of,
    "since_weekend": periods.since_weekend,
    "easter": periods.easter,
    "workdays": periods.workdays,
    "rolling_part": _rolling_part,
    "quarter": periods.quarter,
    "quarter_named": periods.quarter_named,
    "to_date": _to_date,
    "period": _period,
    "month": periods.month,
    "iso_month": periods.iso_month,
    "hour": _hour,
    "day": _day,
    "year": periods.year,
    "ago": _ago,
}
