# shellcheck shell=bash
# A Slurm of two nodes on this machine, for tests; to be sourced.
#
#   start_slurm FOLDER   munged, slurmctld and a slurmd for each of n1 and n2; waits until both are idle
#   kill_node NAME       everything that runs on the node dies at once, as when its power fails
#   stop_slurm
#
# Needs root, and slurm-wlm and munge of the distribution. Takes free ports of this machine. Each node has a
# process namespace of its own, whose end is the end of all processes in it.

slurm_nodes=(n1 n2)
declare -A slurm_node_process

free_ports() { # COUNT
  python3 - "$1" <<'PYTHON'
import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

write_slurm_conf() { # FOLDER
  local ports
  read -ra ports <<<"$(free_ports 3)"
  cat >"$1/slurm.conf" <<CONF
ClusterName=attune
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=${ports[0]}
AuthType=auth/munge
# A job that is requeued waits until the credential of its first start has expired: seconds, for a test.
AuthInfo=socket=$1/munge.socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool.%n
SlurmctldPidFile=$1/slurmctld.pid
SlurmdPidFile=$1/slurmd.%n.pid
SlurmctldLogFile=$1/slurmctld.log
SlurmdLogFile=$1/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$1/jobs.log
MpiDefault=none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SlurmdTimeout=10
BatchStartTimeout=60
KillWait=20
JobRequeue=1
ReturnToService=2
NodeName=n1 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=${ports[1]} CPUs=1 RealMemory=64000
NodeName=n2 NodeHostname=$(hostname) NodeAddr=127.0.0.1 Port=${ports[2]} CPUs=1 RealMemory=64000
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
}

start_munge() { # FOLDER
  dd if=/dev/urandom of="$1/munge.key" bs=128 count=1 status=none
  chmod 400 "$1/munge.key"
  munged --foreground --force --key-file="$1/munge.key" --socket="$1/munge.socket" --pid-file="$1/munge.pid" \
    --log-file="$1/munge.log" --seed-file="$1/munge.seed" >/dev/null 2>&1 &
  slurm_daemons+=($!)
  disown
}

start_slurm() { # FOLDER
  mkdir -p "$1/state"
  write_slurm_conf "$1"
  export SLURM_CONF=$1/slurm.conf
  slurm_daemons=()
  start_munge "$1"
  until [[ -S $1/munge.socket ]]; do sleep 0.1; done
  slurmctld -D -i >/dev/null 2>&1 &
  slurm_daemons+=($!)
  disown
  local node
  for node in "${slurm_nodes[@]}"; do
    mkdir -p "$1/spool.$node"
    setsid unshare --pid --fork --mount-proc --kill-child slurmd -D -N "$node" >/dev/null 2>&1 &
    slurm_node_process[$node]=$!
    disown
  done
  local tries=0
  until [[ $(sinfo --noheader --format=%T --states=idle --Node 2>/dev/null | wc -l) -eq ${#slurm_nodes[@]} ]]; do
    ((++tries < 60)) || { echo "the nodes do not come up; see the logs in $1" >&2; return 1; }
    sleep 1
  done
}

kill_node() { # NAME
  kill -KILL "${slurm_node_process[$1]}"
  unset "slurm_node_process[$1]"
}

stop_slurm() {
  local node
  for node in "${!slurm_node_process[@]}"; do kill_node "$node"; done
  ((${#slurm_daemons[@]} == 0)) || kill -KILL "${slurm_daemons[@]}"
  slurm_daemons=()
}
