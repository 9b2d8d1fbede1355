//go:build unix

package document

import (
	"os/exec"
	"syscall"
)

// ownGroup gives a program a process group of its own, all of which is killed
// with it: `soffice` is a script, and what it starts would live on.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
