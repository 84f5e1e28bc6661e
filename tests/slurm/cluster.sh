#!/usr/bin/env bash
# A Slurm of one node on this machine, for tests: Debian, root, no systemd, no accounting, a pretend GPU.
#
#     tests/slurm/cluster.sh start | stop
#
# Its files lie in /run/test-slurm, its settings in /etc/slurm: Snakemake's plugin drops SLURM_CONF. It
# refuses to start where another Slurm has its settings there.
set -euo pipefail
home=/run/test-slurm
settings=/etc/slurm/slurm.conf

install_packages() {
    command -v slurmctld slurmd munged >/dev/null && return
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge
}

write_settings() {
    local memory
    memory=$(awk '/MemTotal/ {print int($2 / 1024) - 512}' /proc/meminfo)
    if [ -e $settings ] && ! grep -q $home $settings; then
        echo "$settings belongs to another Slurm" >&2
        exit 1
    fi
    mkdir -p $home/state $home/spool /etc/slurm
    cat >$settings <<CONF
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$home/munge.socket
CredType=cred/munge
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/slurmd.pid
SlurmctldLogFile=$home/slurmctld.log
SlurmdLogFile=$home/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2
KillWait=5
# Snakemake asks squeue, not accounting, what became of jobs.
MinJobAge=3600
ReturnToService=2
GresTypes=gpu
NodeName=localhost NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory Gres=gpu:pretend:1
PartitionName=cpu Nodes=localhost Default=YES
PartitionName=gpu Nodes=localhost
CONF
    echo "NodeName=localhost Name=gpu Type=pretend File=/dev/null" >/etc/slurm/gres.conf
}

start() {
    install_packages
    write_settings
    head -c 1024 /dev/urandom >$home/munge.key
    chmod 600 $home/munge.key
    munged --force --key-file=$home/munge.key --socket=$home/munge.socket \
        --pid-file=$home/munged.pid --log-file=$home/munged.log --seed-file=$home/munge.seed
    slurmctld -c
    slurmd -N localhost
    for _ in $(seq 60); do
        if sinfo -h -o %T 2>/dev/null | grep -q idle; then
            sinfo -N -o '%N %P %T %c CPUs %m MB %G'
            return
        fi
        sleep 0.5
    done
    echo "The node did not come up:" >&2
    tail -n 20 $home/*.log >&2
    return 1
}

stop() {
    [ -d $home ] || return 0 # nothing of ours was started
    local daemons
    daemons=$(cat $home/{slurmctld,slurmd,munged}.pid 2>/dev/null || true)
    scontrol shutdown || true
    for _ in $(seq 20); do
        [ -e $home/slurmctld.pid ] || [ -e $home/slurmd.pid ] || break
        sleep 0.5
    done
    # slurmd waits for jobs that do not end
    kill -9 $daemons 2>/dev/null || true
    rm -rf $home $settings /etc/slurm/gres.conf
}

"$1"
