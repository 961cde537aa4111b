# Sourced by the scripts of this folder: makes .venv ready, and does nothing when it is.
# After `set_up_venv runtime` or `set_up_venv test`, $VENV_PYTHON runs with Waybill and that lock file's packages installed.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV="$PROJECT/.venv"
VENV_PYTHON="$VENV/bin/python"

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $*"
    exit 1
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null </dev/null; }

# Prints a Python that can make the environment. $PYTHON, when set, is the only one looked at.
find_python() {
    local candidate candidates new_enough=""
    candidates=(python3 python3.14 python3.13 python3.12 python3.11 python)
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        is_new_enough "$candidate" || continue
        new_enough="$candidate"
        # Debian ships venv without ensurepip until python3-venv is installed.
        if "$candidate" -c 'import venv, ensurepip' 2>/dev/null </dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    [ -z "$new_enough" ] ||
        fail "$new_enough has no venv module. Install it (on Debian and Ubuntu: apt-get install python3-venv), then run this again."
    [ -z "${PYTHON:-}" ] ||
        fail "PYTHON is set to $PYTHON, which is not Python 3.11 or newer. Set it to one that is, or unset it."
    fail "no Python 3.11 or newer was found. Install one, or name it: PYTHON=/path/to/python3 $0"
}

# What the environment was made from. The folder is part of it: programs in .venv/bin name it in their first line.
fingerprint() { (cd "$PROJECT" && printf '%s ' "$1" && cat "$(lock_of "$1")" pyproject.toml | cksum && pwd); }

lock_of() {
    case "$1" in
        runtime) echo requirements.lock ;;
        test) echo requirements-test.lock ;;
    esac
}

# Says nothing unless it fails.
pip_install() {
    local output
    output=$("$VENV_PYTHON" -m pip install --quiet --disable-pip-version-check --no-input "$@" 2>&1 </dev/null) || {
        say "$output"
        return 1
    }
}

set_up_venv() {
    local kind="$1" stamp="$VENV/waybill-stamp" made_from=""
    [ ! -f "$stamp" ] || made_from=$(cat "$stamp")
    # The test lock holds everything of the runtime lock: an environment made for tests stays one.
    case "$made_from" in test\ *) kind=test ;; esac
    [ "$made_from" != "$(fingerprint "$kind")" ] || return 0

    local python
    if ! is_new_enough "$VENV_PYTHON" || { [ -n "$made_from" ] && [ "${made_from#*$'\n'}" != "$PROJECT" ]; }; then
        python=$(find_python) || exit 1
        say "Making .venv with $("$python" --version 2>&1)"
        "$python" -m venv --clear "$VENV" ||
            fail "the environment $VENV could not be made. Look at the message above; the folder must be writable."
    fi
    rm -f "$stamp"
    say "Installing the packages of $(lock_of "$kind") into .venv (once, until it changes)"
    pip_install --require-hashes -r "$PROJECT/$(lock_of "$kind")" ||
        fail "the packages of $(lock_of "$kind") could not be installed. See pip's message above: most often the package index is out of reach; when it is reachable, run this again."
    pip_install --no-deps --no-build-isolation -e "$PROJECT" ||
        fail "Waybill itself could not be installed into .venv. See pip's message above; removing .venv and running this again starts afresh."
    fingerprint "$kind" >"$stamp"
}
