"""What the bot says by itself: fixed sentences, none of them with anything from an error in it."""

HELP = (
    "Ask me in plain words, for example:\n"
    "• how many anomalies since yesterday?\n"
    "• which source had the most anomalies last week?\n"
    "• show the open incidents\n"
    "• what if the threshold of line-1 were 2.5?\n"
    "`/oddspot status`, `/oddspot report week` and `/oddspot silence line-1 2h` do what they say; "
    "add _as csv_ to a question for a table.\n"
    "• is this one normal for line-1? (with an image attached; it is counted nowhere)\n"
    "`/oddspot missed line-2 10:32` shows the frames round a time at which you saw a defect that was not told.\n"
    "Mention me in a channel, write to me directly, or use `/oddspot` and your question. "
    "Under an alert, the buttons *Defect* and *False alarm* say what it really was, and *Silence* keeps it quiet."
)
EMPTY_QUESTION = "What would you like to know?\n" + HELP
NOTHING_TO_EXPORT = "Which figures? Ask, for example: anomalies per day last week as csv."
NO_FILE_ASIDE = "A file cannot be sent to you alone here: mention me in a channel or write to me directly for one."
THANKS = "Thank you, noted as helpful."
THANKS_BUT = "Thank you, noted as not helpful. Ask again in other words, and I may do better."
SILENCE_USAGE = "Write it as `/oddspot silence line-1 2h`, or `/oddspot silence line-1 until tomorrow 6am`."
READING = "is reading the record..."
SORRY = "Sorry, I could not answer that just now. Nothing was changed; please ask again in a moment."
SORRY_ACT = "Sorry, that did not work and nothing was changed. Please try again in a moment."
SETTLED = "This was answered already; nothing was done twice."
NO_ANOMALY_HERE = "This message tells of no anomaly that I know."
PROMPTS_TITLE = "Ask about anomalies"
PROMPTS = (
    ("Anomalies since yesterday", "How many anomalies since yesterday?"),
    ("Open incidents", "Which incidents are open?"),
    ("Top sources last week", "Which sources had the most anomalies last week?"),
    ("Detectors", "What is the status of the detectors?"),
)
