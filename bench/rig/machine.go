package rig

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Machine describes where and of what numbers were taken, a line each: numbers
// without it mean nothing.
func Machine() string {
	var text strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&text, "- %s: %s\n", name, fmt.Sprintf(format, args...))
	}
	line("Machine", "%s, %d cores, %s of memory, Linux %s",
		field("/proc/cpuinfo", "model name"), runtime.NumCPU(), field("/proc/meminfo", "MemTotal"), output("uname", "-r"))
	line("Go", "%s", runtime.Version())
	line("Commit", "%s", commit())
	line("Taken", "%s, load average %s", time.Now().UTC().Format("2006-01-02 15:04 MST"), loadAverage())
	return text.String()
}

// field is the value of the first line "name : value" of a file below /proc.
func field(path, name string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(content)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func commit() string {
	if changed := output("git", "status", "--porcelain"); changed != "" && changed != "unknown" {
		return output("git", "rev-parse", "--short", "HEAD") + ", with changes that are not committed"
	}
	return output("git", "rev-parse", "--short", "HEAD")
}

// loadAverage of the last minute. A machine that has other things to do shows
// it here.
func loadAverage() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	load, _, _ := strings.Cut(string(content), " ")
	return load
}

func output(name string, args ...string) string {
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
