# Runs inside a probe container: says what a sandbox sees, one line each: TOKEN<tab>key<tab>fields.
# Arguments: TOKEN, the python part, then what to look at (t=tool w=mount r=mount n=name c=connection).
# Mounts and names are told by their place among the arguments, so that nothing needs quoting.
T=$1 PY=$2
shift 2
say() { printf '%s\t' "$T" "$@"; echo; }
say ready
# A container that nobody removes ends by itself.
if command -v sleep >/dev/null; then { sleep 20 && kill -9 $$; } >/dev/null 2>&1 & fi

i=0 P='' IP=''
for a; do
  i=$((i + 1))
  case $a in t=*) n=${a#t=} ;; *) continue ;; esac
  if ! p=$(command -v "$n"); then say tool $i no; continue; fi
  case $n in
    sh) ;;
    python3) IP=$i P=$p; continue ;;
    python*) "$n" -c pass ;;
    bash | dash | ash | zsh | ksh) "$n" -c : ;;
    # 126 and 127: found but not run. What it thinks of the flag does not matter.
    *) "$n" --version; [ $? -lt 126 ] ;;
  esac </dev/null >/dev/null 2>&1
  if [ $? = 0 ]; then say tool $i yes "$p"; else say tool $i broken "$p"; fi
done
[ -n "$IP" ] || P=$(command -v python3)

if [ -n "$P" ] && "$P" -I -S -E -B -c "$PY" "$T" "$@" 2>/dev/null; then
  [ -z "$IP" ] || say tool $IP yes "$P"
  say end python
  exit
fi
[ -z "$IP" ] || say tool $IP broken "$P"

# Without python: the same lines, as far as a shell gets.
while read -r l; do
  case $l in Uid:* | Gid:* | CapEff:* | NoNewPrivs:* | Seccomp:*) say status "$l" ;; esac
done </proc/self/status
for f in memory.max pids.max cpu.max memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us; do
  [ -r /sys/fs/cgroup/$f ] || continue
  v=; read -r v </sys/fs/cgroup/$f; say limit $f "$v"
done
say resolver
while read -r l; do say resolv "$l"; done </etc/resolv.conf
say interfaces
while IFS=': ' read -r n l; do
  case $n in lo | Inter* | face*) continue ;; esac
  v=1; [ ! -r "/sys/class/net/$n/flags" ] || read -r v <"/sys/class/net/$n/flags"
  [ $((v & 1)) = 0 ] || say interface "$n"
done </proc/net/dev
while read -r l n x v l; do [ "$n" != / ] || say root "$v"; done </proc/mounts
{ df -Pk / | while read -r l; do say df "$l"; done; } 2>/dev/null

name_error() {
  case $1 in
    *'Permission denied'*) echo EACCES ;; *'Read-only file system'*) echo EROFS ;;
    *'No space left'*) echo ENOSPC ;; *'not permitted'*) echo EPERM ;; *'quota'*) echo EDQUOT ;;
    *'nonexistent'* | *'No such file'*) echo ENOENT ;; *) echo EIO ;;
  esac
}
i=0
for a; do
  i=$((i + 1)) e=''
  case $a in w=* | r=*) t=${a#?=} ;; *) continue ;; esac
  o=$(stat -c '%u:%g %a' "$t" 2>/dev/null)
  if [ "${a%%=*}" = w ] && command -v rm >/dev/null; then
    if [ ! -d "$t" ]; then
      if e=$( { : >>"$t"; } 2>&1); then say mount $i write '' "$o"; continue; fi
    elif e=$( { set -C; : >"$t/.clawdoctor-$T"; } 2>&1); then
      rm -f "$t/.clawdoctor-$T"; say mount $i write '' "$o"; continue
    fi
    e=$(name_error "$e")
  fi
  if [ -r "$t" ]; then say mount $i read "$e" "$o"; else say mount $i none "${e:-EACCES}" "$o"; fi
done

i=0
for a; do
  i=$((i + 1))
  case $a in n=*) n=${a#n=} ;; *) continue ;; esac
  command -v getent >/dev/null && command -v timeout >/dev/null || break
  v=$(timeout 4 getent ahosts "$n" 2>/dev/null)
  case $? in
    0) x=; for l in $v; do case $l in *[0-9].*[0-9] | *:*) x="$x $l" ;; esac; done; say name $i addresses 0 "$x" ;;
    124) say name $i timeout 4000 ;;
    *) say name $i failure 0 'getent found no address' ;;
  esac
done
say end sh
