# $1 token, $2 Python, $3 bytes, $4 processes, $5 seconds. All data are arguments.
token=$1 bytes=$3 spinners=$4 seconds=$5
echo "$token begun"
if python3 -I -S -B -c pass 2>/dev/null; then
  echo "$token tool python3"
  exec python3 -I -S -B -c "$2" "$token" "$bytes" "$spinners" "$seconds"
fi
for tool in dd head sleep; do
  command -v "$tool" >/dev/null 2>&1 || { echo "$token missing $tool"; exit 3; }
done
echo "$token tool sh"

work() {
  while [ "$spinners" -gt 0 ]; do
    (while :; do :; done) &
    spinners=$((spinners - 1))
  done
  echo "$token held"
  while [ "$seconds" -gt 0 ]; do
    while read -r key value _; do
      if [ "$key" = MemAvailable: ]; then echo "$token left $value"; fi
    done </proc/meminfo
    sleep 1
    seconds=$((seconds - 1))
  done
}

# `dd` reads all of its one block before it writes, and then waits for a reader that takes no more.
# One read gives less than 2 GiB.
hold() {
  block=$1
  [ "$block" -le 1073741824 ] || block=1073741824
  rest=$(($1 - block))
  dd if=/dev/zero bs="$block" count=1 2>/dev/null | {
    head -c 1 >/dev/null
    if [ "$rest" -gt 0 ]; then hold "$rest"; else work; fi
  }
}
hold "$bytes"
