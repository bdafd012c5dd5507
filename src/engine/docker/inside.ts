// Signals a command from inside its container if this machine does not show its processes: a shell finds them by the
// mark in their environment ($0).

/** Exits with 0 when none is left. $1: seconds between the signals. */
export const END_SCRIPT = `
command -v grep >/dev/null || exit 1
send() {
  found=
  for folder in /proc/[0-9]*; do
    grep -qs "$mark" "$folder/environ" && found=1 && kill -s "$1" "\${folder#/proc/}" 2>/dev/null
  done
  [ -n "$found" ]
}
mark=$0
pause=$1
for name in HUP TERM KILL KILL; do
  send "$name" || exit 0
  sleep "$pause"
done
! send CONT`

/** To the group that reads the terminal. $1: the signal. */
export const SIGNAL_SCRIPT = `
signal=$1
for folder in /proc/[0-9]*; do
  grep -qs "$0" "$folder/environ" || continue
  read -r line < "$folder/stat"
  set -- \${line##*) }
  [ "$6" -gt 0 ] && kill "-$signal" "-$6" && exit 0
done
exit 1`

export const secondsOf = (ms: number): string => (ms / 1000).toFixed(2)
