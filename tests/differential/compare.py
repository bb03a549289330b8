"""One call to both servers, and whether their replies mean the same.

Most replies must be equal to the byte, with their types. Where Redis leaves the order or the choice open, both replies
are checked against what the key holds, and a choice that changed a key is carried over to redis-server, so that both
hold the same again. Times may differ by as much as passes between the two calls.
"""
import time

SETTLE_SECONDS = 3          # for what expires by and by
TOLERANCE_MS = 5000
UNORDERED = {b"smembers", b"sinter", b"sunion", b"sdiff", b"keys", b"hkeys", b"hvals"}
TIMES = {b"ttl": 6, b"pttl": TOLERANCE_MS, b"expiretime": 6, b"pexpiretime": TOLERANCE_MS}
SETTLING = {b"dbsize"}
ENCODINGS = {b"string": {b"int", b"embstr", b"raw"}, b"hash": {b"listpack", b"hashtable"},
             b"set": {b"intset", b"listpack", b"hashtable"}}


class Difference(Exception):
    pass


def require(condition, node, redis):
    if not condition:
        raise Difference("  node:  %s\n  redis: %s" % (show(node), show(redis)))


def show(reply):
    text = repr(reply)
    return text if len(text) < 2000 else text[:2000] + " ..."


def items(reply):
    return [element[1] for element in reply[1]]


def pairs(reply):
    """Of a map, or of an array with fields and values in turn or in twos."""
    kind, elements = reply
    if kind == "map":
        return [(key[1], value[1]) for key, value in elements]
    if elements and elements[0][0] == "array":
        return [(pair[1][0][1], pair[1][1][1]) for pair in elements]
    values = items(reply)
    return list(zip(values[::2], values[1::2]))


class Pair:
    """The connections to both servers that speak one version of the protocol."""

    def __init__(self, node, redis):
        self.node = node
        self.redis = redis

    def both(self, call):
        self.node.send(call)
        self.redis.send(call)
        return self.node.read(), self.redis.read()

    def close(self):
        self.node.close()
        self.redis.close()

    def run(self, call):
        name = call[0].lower()
        special = SPECIAL.get(name)
        if special is not None:
            special(self, call)
        elif name in SETTLING:
            self.run_settling(call)
        else:
            compare(name, *self.both(call))

    def run_settling(self, call):
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            node, redis = self.both(call)
            if node == redis:
                return
            require(time.monotonic() < deadline, node, redis)
            time.sleep(0.02)


def same_error(node, redis):
    """Redis ends an argument that it repeats in an error at its first zero byte."""
    return node[0] == redis[0] == "error" and node[1].replace(b"\x00", b"") == redis[1]


def compare(name, node, redis):
    if same_error(node, redis):
        return
    if node[0] != redis[0] or node[0] in ("error", "null"):
        require(node == redis, node, redis)
    elif name in UNORDERED:
        require(sorted(node[1]) == sorted(redis[1]), node, redis)
    elif name == b"hgetall":
        require(sorted(pairs(node)) == sorted(pairs(redis)), node, redis)
    elif name in TIMES and node[1] > 0 and redis[1] > 0:
        require(abs(node[1] - redis[1]) <= TIMES[name], node, redis)
    else:
        require(node == redis, node, redis)


# ---- choices
def members(pair, key):
    return items(pair.redis.call("SMEMBERS", key))


def is_choice(chosen, among, count):
    """Whether `chosen` is what a count may choose."""
    if count is None or count < 0:
        return all(item in among for item in chosen)
    return len(set(chosen)) == len(chosen) and set(chosen) <= set(among)


def count_of(call):
    return int(call[2]) if len(call) > 2 else None


def is_plain_error(node, redis):
    if "error" in (node[0], redis[0]):
        require(same_error(node, redis), node, redis)
        return True
    return False


def same_shape(node, redis):
    require(node[0] == redis[0], node, redis)
    if node[0] in ("array", "set"):
        require([element[0] for element in node[1]] == [element[0] for element in redis[1]], node, redis)


def run_spop(pair, call):
    before = pair.redis.call("SMEMBERS", call[1]) if len(call) > 1 else None
    node, redis = pair.both(call)
    if is_plain_error(node, redis):
        return
    same_shape(node, redis)
    if node[0] == "null":
        return
    chosen = [node[1]] if node[0] == "bulk" else items(node)
    replaced = [redis[1]] if redis[0] == "bulk" else items(redis)
    require(is_choice(chosen, items(before), 1), node, redis)
    require(is_choice(replaced, items(before), 1), node, redis)
    if chosen and len(chosen) < len(before[1]):
        pair.redis.call("SADD", call[1], *replaced)
        pair.redis.call("SREM", call[1], *chosen)


def run_srandmember(pair, call):
    node, redis = pair.both(call)
    if is_plain_error(node, redis):
        return
    same_shape(node, redis)
    if node[0] == "null":
        return
    chosen = [node[1]] if node[0] == "bulk" else items(node)
    require(is_choice(chosen, members(pair, call[1]), count_of(call)), node, redis)


def run_hrandfield(pair, call):
    node, redis = pair.both(call)
    if is_plain_error(node, redis):
        return
    same_shape(node, redis)
    if node[0] == "null":
        return
    hash_pairs = pairs(pair.redis.call("HGETALL", call[1]))
    if len(call) == 4:
        require(is_choice(pairs(node), hash_pairs, count_of(call)), node, redis)
    else:
        chosen = [node[1]] if node[0] == "bulk" else items(node)
        require(is_choice(chosen, [field for field, _ in hash_pairs], count_of(call)), node, redis)


def run_randomkey(pair, call):
    node, redis = pair.both(call)
    if is_plain_error(node, redis):
        return
    keys = items(pair.redis.call("KEYS", "*"))
    # Redis may choose a key that expired a moment ago.
    require(node[1] in keys if keys else node[0] == "null", node, redis)


# ---- scans
def scan_all(client, call, cursor_at):
    seen, cursor, rounds = [], b"0", 0
    while True:
        rounds += 1
        reply = client.call(*call[:cursor_at], cursor, *call[cursor_at + 1:])
        if reply[0] != "array":
            return reply
        cursor = reply[1][0][1]
        seen.append(reply[1][1])
        if cursor == b"0" or rounds > 100000:
            return seen


def run_scan(pair, call):
    cursor_at = 1 if call[0].lower() == b"scan" else 2
    node, redis = pair.both(call)
    if is_plain_error(node, redis):
        return
    require(node[0] == redis[0] and len(node[1]) == 2 and node[1][0][0] == "bulk" and node[1][1][0] == "array",
            node, redis)
    whole = [scan_all(client, call, cursor_at) for client in (pair.node, pair.redis)]
    read = pairs if call[0].lower() == b"hscan" else items
    found = [sorted(set(item for page in pages for item in read(page))) for pages in whole]
    require(found[0] == found[1], found[0], found[1])


# ---- what only Redis's own insides decide
def run_object(pair, call):
    node, redis = pair.both(call)
    if node[0] in ("error", "null") or redis[0] in ("error", "null"):
        compare(b"object", node, redis)
        return
    what = call[1].lower()
    if what == b"encoding":
        kind = pair.redis.call("TYPE", call[2])[1]
        require(node[0] == "bulk" and node[1] in ENCODINGS[kind], node, redis)
    elif what in (b"refcount", b"idletime"):
        require(node[0] == "integer" and node[1] >= 0, node, redis)
    # The lines of OBJECT HELP are our own.


SPECIAL = {
    b"spop": run_spop,
    b"srandmember": run_srandmember,
    b"hrandfield": run_hrandfield,
    b"randomkey": run_randomkey,
    b"scan": run_scan,
    b"hscan": run_scan,
    b"sscan": run_scan,
    b"object": run_object,
}

READ_WHOLE = {b"string": b"GET", b"hash": b"HGETALL", b"set": b"SMEMBERS"}


def compare_everything(pair, databases):
    """All keys of all databases, with their types, values and deadlines. Leaves the first one selected."""
    for database in range(databases):
        pair.run([b"SELECT", b"%d" % database])
        pair.run([b"KEYS", b"*"])
        pair.run([b"DBSIZE"])
        for key in sorted(items(pair.redis.call("KEYS", "*"))):
            pair.run([b"TYPE", key])
            pair.run([b"PEXPIRETIME", key])
            kind = pair.redis.call("TYPE", key)[1]
            if kind in READ_WHOLE:
                pair.run([READ_WHOLE[kind], key])
    pair.run([b"SELECT", b"0"])
