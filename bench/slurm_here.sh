#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Slurm of one node, this machine, started by hand and gone afterwards: for bench/slurm.sh and by-hand trials. Needs root and
# Debian's slurmctld, slurmd, slurm-client and munge.
#   . bench/slurm_here.sh; start_slurm FOLDER [CPUS]; sbatch ...; stop_slurm
# Everything lies in FOLDER: configuration, spool, logs, the socket of munged. CPUS may exceed the machine's (Slurm then runs
# more tasks than there are processors).

start_slurm() {
  local folder cpus=${2:-$(nproc)}
  mkdir -p "$1"/{spool,state,munge}
  folder=$(realpath "$1")
  slurm_pids=()
  export SLURM_CONF=$folder/slurm.conf
  chmod 0755 "$folder" "$folder/munge"
  dd if=/dev/urandom of="$folder/munge/key" bs=64 count=1 status=none
  chmod 0400 "$folder/munge/key"
  munged --foreground --force --socket="$folder/munge/socket" --key-file="$folder/munge/key" --pid-file="$folder/munge/pid" \
    --seed-file="$folder/munge/seed" --log-file="$folder/munge/log" >"$folder/munge/out" 2>&1 &
  slurm_pids+=($!)
  cat >"$SLURM_CONF" <<CONF
ClusterName=here
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,bf_interval=2
MinJobAge=3600
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=here Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
  for _ in $(seq 100); do [[ -S $folder/munge/socket ]] && break; sleep 0.1; done
  slurmctld -D -f "$SLURM_CONF" >"$folder/slurmctld.out" 2>&1 &
  slurm_pids+=($!)
  slurmd -D -f "$SLURM_CONF" >"$folder/slurmd.out" 2>&1 &
  slurm_pids+=($!)
  for _ in $(seq 300); do
    [[ $(sinfo --noheader --format=%T 2>/dev/null) == idle ]] && return 0
    sleep 0.2
  done
  echo "slurm did not come up: see $folder" >&2
  return 1
}

stop_slurm() {
  local pid
  for pid in $(printf '%s\n' "${slurm_pids[@]}" | tac); do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
  slurm_pids=()
}
