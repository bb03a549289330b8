"""What is sent: a grammar for each command, and how a call is bent out of shape now and then.

    grammar := item*                    separated by blanks
    item    := choice ('|' choice)*  [ '?' | '*' | '+' ]      once; at most once; up to three times; one to three times
    choice  := word (':' word)*         a word in WORDS stands for a random argument of that kind, a word in CROWDS for
                                        hundreds of arguments, any other for itself
"""

INTEGERS = [b"0", b"1", b"2", b"3", b"5", b"7", b"10", b"100", b"-1", b"-2", b"-3", b"-10", b"2147483647",
            b"-2147483648", b"4294967296", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808",
            b"-9223372036854775809", b"9223372036854775806", b"18446744073709551615"]
SMALL = [b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"8", b"-1", b"-2", b"-3", b"-5", b"-100", b"100"]
ODD = [b"", b"abc", b"1.5", b" 1", b"1 ", b"+1", b"-0", b"01", b"0x10", b"1e3", b"nan", b"inf", b"-inf", b"\x00",
       b"\xff\xfe", b"9" * 30, b"NX", b"XX", b"GET", b"EX", b"LIMIT", b"COUNT", b"MATCH", b"REPLACE", b"DB", b"IDX"]
FLOATS = [b"0", b"1", b"-1", b"0.1", b"1.5", b"-2.25", b"3.0", b"1e3", b"1e-3", b"5.0e2", b"1e17", b"1e-17", b"0.30",
          b"123456789.123456789", b"1e400", b"1e5000", b"inf", b"-inf", b"nan", b"0x1p3", b"-0", b".5", b"5."]
VALUES = [b"", b"v" * 5000, b"a", b"b", b"abc", b"hello world", b"0", b"1", b"10", b"-5", b"9223372036854775807", b"3.25", b"1e3",
          b"\x00\x01\xff", b"ohmytext", b"mynewtext", b"x" * 70, b"\xff\xff\xff", b"\x00\x00\x00", b"007"]
KEYS = [b"k%d" % i for i in range(10)] + [b"n1", b"n2", b"{t}a", b"{t}b", b""]
MEMBERS = [b"%d" % i for i in range(8)] + [b"a", b"b", b"c", b"", b"\xff\x00", b"y" * 70]
FIELDS = [b"f%d" % i for i in range(6)] + [b"n", b"m", b"", b"z" * 70]
GLOBS = [b"*", b"k*", b"k?", b"k[1-5]", b"k[^1-5]", b"*[0-9]", b"\\*", b"{t}*", b"n1", b"", b"f*", b"[", b"[a", b"?",
         b"k[5-1]", b"**", b"a*b", b"k\\1"]


def far_seconds(random):
    return b"%d" % random.randint(100, 1000000)


def far_milliseconds(random):
    return b"%d" % random.randint(100000, 1000000000)


def absolute_seconds(random):
    return random.choice([b"1", b"1000000000", b"4000000000", b"4000000001", b"5000000000",
                          b"%d" % random.randint(4000000000, 6000000000)])


def absolute_milliseconds(random):
    return random.choice([b"1", b"1000000000000", b"4000000000000", b"4000000000499", b"4000000000500",
                          b"%d" % random.randint(4000000000000, 6000000000000)])


def mostly(usual, rest, share):
    return lambda random: random.choice(usual) if random.random() < share else random.choice(rest)


def of(values):
    return lambda random: random.choice(values)


def sometimes_bad(usual):
    return lambda random: usual(random) if random.random() < 0.9 else random.choice(INTEGERS[11:] + [b"0", b"-1"])


WORDS = {
    "KEY": of(KEYS),
    "VALUE": of(VALUES),
    "INTEGER": mostly(SMALL, INTEGERS, 0.7),
    "INDEX": mostly(SMALL, INTEGERS, 0.9),
    "OFFSET": mostly(SMALL, INTEGERS, 0.9),
    "COUNT_": mostly(SMALL, INTEGERS, 0.9),
    "FLOAT": of(FLOATS),
    "FIELD": of(FIELDS),
    "MEMBER": of(MEMBERS),
    "GLOB": of(GLOBS),
    "BIT_": of([b"0", b"1"]),
    "SECONDS": sometimes_bad(far_seconds),
    "MS": sometimes_bad(far_milliseconds),
    "AT": sometimes_bad(absolute_seconds),
    "ATMS": sometimes_bad(absolute_milliseconds),
    "DATABASE": mostly([b"0", b"1", b"2"], [b"15", b"16", b"-1", b"4294967296", b"99999999999"], 0.95),
    "CURSOR": mostly([b"0"], [b"1", b"-1", b"18446744073709551615", b"18446744073709551616", b"x", b"", b"+0"], 0.9),
    "POSITIVE": mostly([b"1", b"2", b"3", b"10", b"100"], [b"0", b"-1", b"x"], 0.95),
    "NUMKEYS": mostly([b"1", b"2", b"3"], [b"0", b"-1", b"100", b"x"], 0.9),
    "TYPE_": of([b"string", b"hash", b"set", b"SET", b"list", b"nonsense"]),
}


def crowd(prefix, values):
    """So many that a value leaves its packed form."""
    def arguments(random):
        first, count = random.randrange(1000), random.randint(100, 700)
        return [part for i in range(first, first + count)
                for part in ([b"%s%d" % (prefix, i)] + ([b"%d" % i] if values else []))]
    return arguments


CROWDS = {
    "NUMBERS": crowd(b"", False),
    "NAMES": crowd(b"name", False),
    "PAIRS": crowd(b"field", True),
}

EXPIRES = "KEY %s nx|xx|gt|lt|GT|LT*"
SCANS = "MATCH:GLOB|COUNT:POSITIVE%s*"

# name: (weight, grammar)
GRAMMARS = {
    "get": (3, "KEY"),
    "set": (8, "KEY VALUE NX|XX|GET|KEEPTTL|EX:SECONDS|PX:MS|EXAT:AT|PXAT:ATMS|get|ex:SECONDS*"),
    "setnx": (2, "KEY VALUE"),
    "setex": (2, "KEY SECONDS VALUE"),
    "psetex": (2, "KEY MS VALUE"),
    "getset": (2, "KEY VALUE"),
    "getdel": (1, "KEY"),
    "getex": (3, "KEY EX:SECONDS|PX:MS|EXAT:AT|PXAT:ATMS|PERSIST|persist?"),
    "mget": (2, "KEY+"),
    "mset": (2, "KEY:VALUE+"),
    "msetnx": (2, "KEY:VALUE+"),
    "incr": (2, "KEY"),
    "decr": (2, "KEY"),
    "incrby": (2, "KEY INTEGER"),
    "decrby": (2, "KEY INTEGER"),
    "incrbyfloat": (3, "KEY FLOAT"),
    "append": (2, "KEY VALUE"),
    "strlen": (1, "KEY"),
    "getrange": (3, "KEY INDEX INDEX"),
    "substr": (1, "KEY INDEX INDEX"),
    "setrange": (3, "KEY OFFSET VALUE"),
    "lcs": (3, "KEY KEY LEN|IDX|MINMATCHLEN:INDEX|WITHMATCHLEN|idx*"),
    "setbit": (2, "KEY OFFSET BIT_"),
    "getbit": (2, "KEY OFFSET"),
    "bitcount": (3, "KEY INDEX:INDEX|INDEX:INDEX:BYTE|INDEX:INDEX:bit?"),
    "bitpos": (3, "KEY BIT_ INDEX|INDEX:INDEX|INDEX:INDEX:BIT|INDEX:INDEX:byte?"),
    "hset": (8, "KEY " + "FIELD:VALUE|" * 20 + "PAIRS+"),
    "hsetnx": (2, "KEY FIELD VALUE"),
    "hmset": (2, "KEY FIELD:VALUE+"),
    "hget": (2, "KEY FIELD"),
    "hmget": (2, "KEY FIELD+"),
    "hgetall": (2, "KEY"),
    "hdel": (2, "KEY " + "FIELD|" * 10 + "PAIRS+"),
    "hexists": (1, "KEY FIELD"),
    "hincrby": (3, "KEY FIELD INTEGER"),
    "hincrbyfloat": (3, "KEY FIELD FLOAT"),
    "hkeys": (1, "KEY"),
    "hvals": (1, "KEY"),
    "hlen": (1, "KEY"),
    "hstrlen": (1, "KEY FIELD"),
    "hscan": (2, "KEY CURSOR " + SCANS % ""),
    "hrandfield": (3, "KEY COUNT_|COUNT_:WITHVALUES?"),
    "sadd": (8, "KEY " + "MEMBER:MEMBER|MEMBER|" * 20 + "NUMBERS|NAMES+"),
    "srem": (2, "KEY " + "MEMBER|" * 10 + "NUMBERS+"),
    "sismember": (1, "KEY MEMBER"),
    "smismember": (1, "KEY MEMBER+"),
    "scard": (1, "KEY"),
    "smembers": (2, "KEY"),
    "spop": (2, "KEY COUNT_?"),
    "srandmember": (2, "KEY COUNT_?"),
    "smove": (3, "KEY KEY MEMBER"),
    "sinter": (2, "KEY+"),
    "sinterstore": (2, "KEY KEY+"),
    "sintercard": (3, "NUMKEYS KEY+ LIMIT:INDEX?"),
    "sunion": (2, "KEY+"),
    "sunionstore": (2, "KEY KEY+"),
    "sdiff": (2, "KEY+"),
    "sdiffstore": (2, "KEY KEY+"),
    "sscan": (2, "KEY CURSOR " + SCANS % ""),
    "del": (3, "KEY+"),
    "unlink": (1, "KEY+"),
    "exists": (1, "KEY+"),
    "type": (1, "KEY"),
    "touch": (1, "KEY+"),
    "expire": (4, EXPIRES % "SECONDS"),
    "pexpire": (3, EXPIRES % "MS"),
    "expireat": (3, EXPIRES % "AT"),
    "pexpireat": (3, EXPIRES % "ATMS"),
    "ttl": (2, "KEY"),
    "pttl": (2, "KEY"),
    "expiretime": (2, "KEY"),
    "pexpiretime": (2, "KEY"),
    "persist": (2, "KEY"),
    "rename": (2, "KEY KEY"),
    "renamenx": (2, "KEY KEY"),
    "copy": (3, "KEY KEY DB:DATABASE|REPLACE|db:DATABASE*"),
    "move": (2, "KEY DATABASE"),
    "keys": (2, "GLOB"),
    "scan": (2, "CURSOR " + SCANS % "|TYPE:TYPE_"),
    "randomkey": (1, ""),
    "dbsize": (1, ""),
    "swapdb": (0.5, "DATABASE DATABASE"),
    "flushdb": (0.2, "ASYNC|SYNC?"),
    "flushall": (0.1, "ASYNC|SYNC?"),
    "object": (2, "ENCODING|FREQ|REFCOUNT|IDLETIME|encoding KEY"),
    "ping": (0.3, "VALUE?"),
    "echo": (0.3, "VALUE"),
    "select": (1, "DATABASE"),
}

# Commands whose answers are about the server itself; their tests are elsewhere.
EXEMPT = {
    "acl": "users: only the default one",
    "auth": "changes who the connection is",
    "asking": "not a cluster",
    "bgrewriteaof": "about this server's disk",
    "bgsave": "about this server's disk",
    "client": "about this server's connections",
    "cluster": "not a cluster",
    "command": "compared row by row, see rows.py",
    "config": "about this server's directives",
    "debug": "for tests of this server",
    "failover": "replication",
    "hello": "sent by every connection of version 3",
    "info": "about this server",
    "lastsave": "a time",
    "latency": "times",
    "memory": "about this server's memory",
    "module": "none",
    "psync": "replication",
    "quit": "closes the connection",
    "readonly": "not a cluster",
    "readwrite": "not a cluster",
    "replconf": "replication",
    "replicaof": "replication",
    "reset": "changes the version of the protocol",
    "role": "replication",
    "save": "about this server's disk",
    "shutdown": "stops the server",
    "slaveof": "replication",
    "slowlog": "times",
    "sync": "replication",
    "time": "a time",
    "wait": "replication",
    "waitaof": "newer than 7.0",
}


def repeats(mark, random):
    return {"?": lambda: random.randint(0, 1), "*": lambda: random.choice([0, 0, 1, 1, 2, 3]),
            "+": lambda: random.randint(1, 3)}.get(mark, lambda: 1)()


def expand(grammar, random):
    arguments = []
    for item in grammar.split():
        mark = item[-1] if item[-1] in "?*+" else ""
        choices = item[:len(item) - len(mark)].split("|")
        for _ in range(repeats(mark, random)):
            for word in random.choice(choices).split(":"):
                if word in CROWDS:
                    arguments.extend(CROWDS[word](random))
                else:
                    arguments.append(WORDS[word](random) if word in WORDS else word.encode())
    return arguments


def bend(call, random):
    """Something is wrong with a call: too few or too many arguments, or one that is out of place."""
    what = random.randrange(3)
    if what == 0 and len(call) > 1:
        del call[random.randrange(1, len(call))]
    elif what == 1:
        call.insert(random.randint(1, len(call)), random.choice(ODD + INTEGERS + KEYS))
    elif len(call) > 1:
        call[random.randrange(1, len(call))] = random.choice(ODD + INTEGERS)
    return call


def as_integer(argument):
    try:
        return int(argument)
    except ValueError:
        return None


def too_large(call):
    """Calls that are right and would take a server's memory or time."""
    name = call[0].lower()
    numbers = [value for value in map(as_integer, call[1:]) if value is not None]
    if name in (b"setbit", b"setrange"):
        limit = 2 ** 32 if name == b"setbit" else 2 ** 29
        return any(10000 < value < limit for value in numbers)
    if name in (b"srandmember", b"hrandfield"):
        return any(-2 ** 63 < value < -10000 for value in numbers)
    return False


def expires_soon(call):
    """A bent call may set a deadline so near that the two servers can't be asked on the same side of it."""
    name = call[0].lower()
    if name in (b"setex", b"psetex", b"expire", b"pexpire"):
        times = call[2:3]
    elif name in (b"set", b"getex"):
        times = [after for before, after in zip(call, call[1:]) if before.lower() in (b"ex", b"px")]
    else:
        return False
    return any(0 < value <= 1000 for value in map(as_integer, times) if value is not None)


def spelling(name, random):
    return random.choice([name.encode(), name.upper().encode(), name.title().encode()])


def generate(random):
    """One call: a list of bytes."""
    names = list(GRAMMARS)
    weights = [GRAMMARS[name][0] for name in names]
    while True:
        name = random.choices(names, weights)[0]
        call = [spelling(name, random)] + expand(GRAMMARS[name][1], random)
        if random.random() < 0.08:
            call = bend(call, random)
        if not too_large(call) and not expires_soon(call):
            return call
