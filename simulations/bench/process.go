package bench

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

// processorTime returns how long this process has been running on a processor.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// resetPeak begins a new count of the highest resident memory of this process:
// proc(5), /proc/pid/clear_refs, since Linux 4.0. Elsewhere it does nothing.
func resetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peakBytes returns the highest resident memory since resetPeak, files mapped
// by the storage engine included; 0 where the system does not tell.
func peakBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return kibIn(status, "VmHWM:")
}

// allocations returns how many objects fn allocates in all.
func allocations(fn func()) float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	fn() // what is made once is made here
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs)
}
