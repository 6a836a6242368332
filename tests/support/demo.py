"""Gives a recording of demo.sh the names of the demo's node, leaves out what is a stranger's, and thins the figures.

demo.py RAW NODE FOLDER SOCKET: reads the recording RAW and the facts of NODE, writes the recording to stdout.
FOLDER is where demo.sh kept its homes, SOCKET the engine that it used.
"""

import json
import sys
import tomllib

PREFIX, NAMES = "demo-sbx-", "openclaw-sbx-"
IMAGE, REFERENCE = "clawdoctor-test/good:1", "openclaw-sandbox:bookworm-slim"
HOME = "/Users/claw"
# Seconds between two figures of a sandbox that are kept; all of them while its memory changes by so much.
APART, CHANGE = 3.0, 8 << 20
# Between two words on what watching costs.
COST = 10.0
SECOND = 1_000_000_000


def known(facts, *path):
    for key in path:
        facts = facts[key]
    return facts["known"]


def node_event(facts, image):
    """What the survey of a dashboard says of the recorded node."""
    docker, agents = facts["docker"], known(facts, "openclaw", "agents")
    info, host = known(docker, "info"), facts["host"]
    boxes = [agent["sandbox"]["docker"] for agent in agents]
    return {
        "engine": "Docker Desktop " + known(docker, "provider")["version"],
        "clock": known(docker, "clock")["skew_milliseconds"] * 1_000_000,
        "engineMemory": info["memory"],
        "engineCpus": info["cpus"],
        "agents": agents,
        "images": {REFERENCE: image},
        "room": {
            "engineMemory": info["memory"],
            "hostMemory": known(host, "memory"),
            "gateway": "host",
            "others": 0,
            "sandboxes": [],
            "engineCpus": info["cpus"],
            "hostCpus": known(host, "cpu")["logical"],
            "diskFree": known(docker, "disk")["free"],
            "largestLayer": None,
            "pressure": known(host, "pressure")["level"],
            "memoryCap": max(box["memory"] for box in boxes),
            "cpuCap": max(box["cpus"] for box in boxes),
        },
    }


def main(raw, node, folder, socket):
    facts = tomllib.load(open(node, "rb"))["facts"]
    local = known(facts, "images")[0]["local"]["known"]["id"]
    lines = open(raw).read().splitlines(keepends=True)
    events = [json.loads(line) for line in lines if line.endswith("\n")]
    # Ours are told by their names; the engine is shared.
    ours, images = set(), set()
    for event in events:
        for one in named(event):
            if one["name"].startswith(PREFIX):
                ours.add(one["id"])
                images.add(one.get("image-id", ""))
    renames = [
        (f"{folder}/home", HOME),
        (f"{folder}/engine.sock", f"{HOME}/.docker/run/docker.sock"),
        (socket, "/var/run/docker.sock"),
        (PREFIX, NAMES),
        (IMAGE, REFERENCE),
    ] + [(image, local) for image in images if image]
    seen, last_cost = {}, 0
    for event in events:
        if "node" in event:
            event["node"] = node_event(facts, local)
        elif "listed" in event:
            listed = event["listed"]
            listed["containers"] = [one for one in listed["containers"] if one["id"] in ours]
        elif any(one["id"] not in ours for one in named(event)):
            continue
        elif "sampled" in event:
            sample = event["sampled"]
            if sample["id"] not in ours:
                continue
            before = seen.get(sample["id"])
            if before and is_much_alike(before, event):
                continue
            seen[sample["id"]] = event
        elif "cost" in event:
            if event["at"] - last_cost < COST * SECOND:
                continue
            last_cost = event["at"]
        text = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
        for old, new in renames:
            text = text.replace(old, new)
        print(text)


def is_much_alike(before, event):
    change = abs((event["sampled"].get("memory") or 0) - (before["sampled"].get("memory") or 0))
    return event["at"] - before["at"] < APART * SECOND and change < CHANGE


def named(event):
    """What of an event has a name and an id."""
    if "listed" in event:
        return event["listed"]["containers"]
    if "detailed" in event:
        return [event["detailed"]["standing"]]
    if "happened" in event:
        return [event["happened"]]
    return []


if __name__ == "__main__":
    main(*sys.argv[1:])
