# Sourced by tests that have several parts: one that is done is noted below build/torture and not done again, so that a run that was ended goes
# on. All done, or with another binary, everything begins anew.

parts_of() {
  mkdir -p build/torture
  notes=build/torture/$1-$(sha256sum "$LAKEHOUSE_BINARY" | cut -c1-12)
}

part() {
  local name=$1
  shift
  if grep -qxF -- "$name" "$notes.done" 2>/dev/null; then
    echo "--- $name: done before"
    return
  fi
  echo "--- $name"
  "$@" || return
  echo "$name" >>"$notes.done"
}

all_parts_done() { rm -f "$notes.done"; }
