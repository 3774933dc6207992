"""What days, weeks and months of the calendar mean: `the first week of March`, `week 10`, `the second quarter`."""

from datetime import date, datetime, timedelta

from agent.assistant.windows.calendar import add_units, next_start, start_of
from agent.assistant.windows.days import number_of
from agent.assistant.windows.points import A_DAY, Context, Ends, Groups, month_of, period_of, the_day
from agent.assistant.windows.problems import WindowError

SATURDAY = 5
DAYS_A_WEEK = 7
HALF = 16
MONTHS = 12
NUMBERED = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3}


def days_of_month(groups: Groups, context: Context) -> Ends:
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


def week_of_month(groups: Groups, context: Context) -> Ends:
    """Return the first, second, third or fourth seven days of a month: the answer says which those are."""
    year = groups.get("year")
    first, _ = month_of(context.language.months[groups["month"] or ""], int(year) if year else None, context.calendar)
    start = first + timedelta(days=DAYS_A_WEEK * NUMBERED[groups["which"] or "first"])
    window = context.calendar.days(start, start + timedelta(days=DAYS_A_WEEK))
    return window.start, window.end


def weekday_of_month(groups: Groups, context: Context) -> Ends:
    """Return one weekday of a month, counted from its start or the last: `the first Monday of March`."""
    year = groups.get("year")
    first, after = month_of(
        context.language.months[groups["month"] or ""], int(year) if year else None, context.calendar
    )
    wanted = context.language.weekdays[groups["weekday"] or ""]
    if groups["which"] == "last":
        day = after - timedelta(days=(after.weekday() - wanted) % DAYS_A_WEEK or DAYS_A_WEEK)
    else:
        first += timedelta(days=(wanted - first.weekday()) % DAYS_A_WEEK)
        day = first + timedelta(days=DAYS_A_WEEK * NUMBERED[groups["which"] or "first"])
    return local_days(day, day + A_DAY, context)


def days_of_year(groups: Groups, context: Context) -> Ends:
    """Return the first so many months of this year."""
    first = start_of(context.calendar.today, "year")
    months = min(number_of(groups["number"] or "", context.language), MONTHS)
    return local_days(first, add_units(first, months, "month"), context)


def month(groups: Groups, context: Context) -> Ends:
    """Return a month, the latest that has begun, `last March` or `next March`."""
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
    return local_days(first, after, context)


def iso_month(groups: Groups, context: Context) -> Ends:
    """Return a month said as 2026-03."""
    return local_days(*month_of(int(groups["month"] or 0), int(groups["year"] or 0), context.calendar), context)


def year(groups: Groups, context: Context) -> Ends:
    """Return a year."""
    first = date(int(groups["year"] or 0), 1, 1)
    return local_days(first, next_start(first, "year"), context)


def quarter_named(groups: Groups, context: Context) -> Ends:
    """Return the first to fourth quarter of a year."""
    number = NUMBERED[groups["which"] or "first"] + 1
    return quarter({"number": str(number), "year": groups.get("year")}, context)


def quarter(groups: Groups, context: Context) -> Ends:
    """Return q1 to q4 of a year."""
    month, year = int(groups["number"] or 1) * 3 - 2, groups.get("year")
    first = month_of(month, int(year) if year else None, context.calendar)[0]
    return local_days(first, next_start(first, "quarter"), context)


def week_of(groups: Groups, context: Context) -> Ends:
    """Return the week a day lies in."""
    first = start_of(the_day(groups["day"] or "", context).date, "week")
    return local_days(first, next_start(first, "week"), context)


def week_number(groups: Groups, context: Context) -> Ends:
    """Return a week by its ISO number, the latest that has begun; raise WindowError where there is none."""
    number, year = int(groups["number"] or 0), groups.get("year")
    try:
        first = date.fromisocalendar(int(year) if year else context.calendar.today.year, number, 1)
        if year is None and first > context.calendar.today:
            first = date.fromisocalendar(context.calendar.today.year - 1, number, 1)
    except ValueError as error:
        raise WindowError(f"There is no week {number}.") from error
    return local_days(first, next_start(first, "week"), context)


def weekend(groups: Groups, context: Context) -> Ends:
    """Return Saturday and Sunday, the latest that have begun, or those before."""
    today = context.calendar.today
    saturday = start_of(today, "week") + timedelta(days=SATURDAY)
    if groups.get("which") != "this" and (saturday > today or groups.get("which") in {"last", "previous", "past"}):
        saturday -= timedelta(days=7)
    if groups.get("before"):
        saturday -= timedelta(days=7)
    return local_days(saturday, saturday + timedelta(days=2), context)


def weekend_of(groups: Groups, context: Context) -> Ends:
    """Return the weekend of the week a day lies in."""
    day = the_day(groups["day"] or "", context).date
    saturday = start_of(day, "week") + timedelta(days=SATURDAY)
    return local_days(saturday, saturday + timedelta(days=2), context)


def since_weekend(_: Groups, context: Context) -> Ends:
    """Return from the start of the latest weekend on."""
    return weekend({}, context)[0], None


def workdays(groups: Groups, context: Context) -> Ends:
    """Return Monday to Friday of a week."""
    first, _ = period_of(groups["which"] or "", "week", context.calendar)
    return local_days(first, first + timedelta(days=SATURDAY), context)


def easter(_: Groups, context: Context) -> Ends:
    """Return Good Friday to Easter Monday, the latest not after today."""
    first = the_day("good friday", context).date
    return local_days(first, first + timedelta(days=4), context)


def local_days(first: date, after: date, context: Context) -> tuple[datetime, datetime]:
    """Return when days start and end where the source stands."""
    return context.calendar.at(first), context.calendar.at(after)
