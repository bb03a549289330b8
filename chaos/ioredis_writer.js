// Writes at a steady pace through ioredis and its sentinels until standard input ends; a JSON line for each answer.
// node ioredis_writer.js NAME MASTER HOST:PORT,HOST:PORT,... WRITES-A-SECOND WAIT-MS (0: no WAIT) REPLICAS
"use strict";
const Redis = require("ioredis");

const [name, master, addresses, perSecond, waitMs, replicas] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()) / 1e9; // CLOCK_MONOTONIC, as Python's time.monotonic()
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const sentinels = addresses.split(",").map((address) => {
  const [host, port] = address.split(":");
  return { host, port: Number(port) };
});

// Short connect timeouts, for hosts may be cut off; a command timeout as a web server would set one.
const timeouts = { connectTimeout: 1000, commandTimeout: 2000, sentinelCommandTimeout: 500 };
const redis = new Redis({ sentinels, name: master, ...timeouts });
redis.on("error", () => {}); // what it costs is seen in the commands

let ending = false;
process.stdin.resume();
process.stdin.on("end", () => (ending = true));

async function set(key) {
  if (waitMs === "0") return (await redis.set(key, key)) === "OK";
  const replies = await redis.pipeline().set(key, key).call("WAIT", replicas, waitMs).exec();
  for (const [error] of replies) if (error) throw error;
  return replies[1][1] >= Number(replicas);
}

async function write() {
  for (let number = 1; !ending; number++) {
    const key = `once:${name}.${number}`;
    const sent = now();
    try {
      const acknowledged = await set(key);
      say({ key, sent, at: now(), acknowledged });
    } catch (error) {
      say({ key, sent, at: now(), acknowledged: false, error: error.message });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setTimeout(resolve, 1000 / Number(perSecond)));
  }
  redis.disconnect();
  process.exit(0);
}

write();
