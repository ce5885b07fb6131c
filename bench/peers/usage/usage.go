// Package usage tells what a process has used.
package usage

import (
	"log"
	"syscall"
	"time"
)

// CPU is the time that this process has used: its garbage collector's too.
func CPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
