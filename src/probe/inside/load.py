import os, sys, time

token, target, spinners, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
end = time.monotonic() + seconds


def say(*words):
    print(token, *words, flush=True)


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# Random, so that nobody's compression makes it small. A process of its own takes some memory.
block = os.urandom(1 << 20)
room = target - resident() - spinners * (2 << 20)
held = [bytearray(block) for _ in range(max(0, room >> 20))]
for _ in range(spinners):
    if os.fork() == 0:
        while time.monotonic() < end:
            for _ in range(100000):
                pass
        os._exit(0)
say("held")
while time.monotonic() < end:
    with open("/proc/meminfo") as meminfo:
        for line in meminfo:
            if line.startswith("MemAvailable:"):
                say("left", line.split()[1])
    time.sleep(1)
