#!/bin/bash
# An agent that counts, and keeps in FOLDER what a test wants to know of its runs:
#   counting-agent.sh NAME mild|deaf|stubborn FOLDER
# `mild` ends when it is hung up, `deaf` does not, `stubborn` does not at SIGTERM either.
cd "$3" || exit
case $2 in
  deaf) trap '' HUP ;;
  stubborn) trap '' HUP TERM ;;
esac
exec 9>>"lock-$1"
flock -n 9 || echo "$1 $$" >>twice
echo "$1 $$" >>starts
stty -echo
for ((number = 1; ; number += 1)); do
  read -rt 0.2 part
  status=$?
  # A read that is over while a line comes has the beginning of it.
  line+=$part
  if ((status == 0)); then
    echo "$1 $line" >>typed
    echo "$1 heard $line"
    line=
  elif ((status <= 128)); then
    # Its terminal is gone: a read waits no more.
    sleep 0.2
  fi
  echo "$1 $number"
done 2>>errors
