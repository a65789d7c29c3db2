# shellcheck shell=bash
# Sourced by run: array.sbatch with a stand-in for attune, that only counts how often it is started.
#
# What a stand-in does: the first start ends with the code of the test or waits for SIGTERM; the second with 0.

stand_in() { # NAME FIRST
  cat >"$room/$1" <<PROGRAM
#!/usr/bin/env bash
echo start >>"$room/$1.starts"
[[ \$(wc -l <"$room/$1.starts") -eq 1 ]] || exit 0
$2
PROGRAM
  chmod +x "$room/$1"
}

submit_stand_in() { # NAME OPTION...
  local name=$1
  shift
  ATTUNE=$room/$name sbatch --parsable --array=0 --cpus-per-task=1 --output="$room/$name.log" "$@" \
    "$tree/deploy/slurm/array.sbatch" "$room/list" "$room/none"
}

starts() { wc -l <"$room/$1.starts"; }

wait_for_term='trap "exit 143" TERM; sleep 300 & wait'
touch "$room/list"

stand_in later 'exit 75'
stand_in failing 'exit 1'
stand_in slow "$wait_for_term"
stand_in cancelled "$wait_for_term"

submit_stand_in later --time=0 >/dev/null
submit_stand_in failing --time=0 >/dev/null
# Slurm sends the signal of --signal up to a minute early.
submit_stand_in slow --time=1 --signal=B:USR1@50 >/dev/null
wait_until 300 "the stand-ins" queue_is_empty
[[ $(starts later) -eq 2 ]] || fail "exit code 75: $(starts later) starts instead of 2"
[[ $(starts failing) -eq 1 ]] || fail "exit code 1: $(starts failing) starts instead of 1"
[[ $(starts slow) -eq 2 ]] || fail "time is up: $(starts slow) starts instead of 2"

job=$(submit_stand_in cancelled --time=0)
wait_until 60 "the task to be cancelled" test -s "$room/cancelled.starts"
scancel "$job"
wait_until 60 "the end of the cancelled task" queue_is_empty
sleep 3
[[ $(starts cancelled) -eq 1 ]] && queue_is_empty || fail "a cancelled task came back"
echo "75 and an end of time are requeued, failures and cancelled tasks are not"
