"""The table of commands: every row has a grammar or is exempt, and says of itself what Redis says of it."""
from grammar import EXEMPT, GRAMMARS


def names_of(client):
    return sorted(reply[1].decode() for reply in client.call("COMMAND", "LIST")[1])


def facts(row):
    _, fields = row
    values = [field[1] for field in fields]
    words = [sorted(word[1].decode() for word in values[at]) for at in (2, 6)]
    return {"arity": values[1], "flags": words[0], "keys": values[3:6], "categories": words[1]}


def describe(client, name):
    row = client.call("COMMAND", "INFO", name)[1][0]
    return None if row[0] == "null" else facts(row)


def check_rows(node, redis):
    """Returns what is wrong, a line each."""
    problems = []
    names = names_of(node)
    for name in names:
        whole = name.split("|")[0]  # a subcommand belongs to its command
        if whole not in GRAMMARS and whole not in EXEMPT:
            problems.append("%s has neither a grammar nor an exemption" % name)
        if name in EXEMPT and name in GRAMMARS:
            problems.append("%s has a grammar and an exemption" % name)
    for name in sorted({**GRAMMARS, **EXEMPT}):
        if name not in names:
            problems.append("%s is not in the node's table" % name)
    for name in names:
        if name.split("|")[0] not in GRAMMARS:
            continue
        here, there = describe(node, name), describe(redis, name)
        for fact in there:
            if here[fact] != there[fact]:
                problems.append("%s: %s is %s, redis says %s" % (name, fact, here[fact], there[fact]))
    return problems
