// Command holder is what a test machine's kernel starts first: it opens the watchdog,
// leaves it to a child that holds it for ever and never feeds it, and becomes PID 1's
// program. It is linked into test images only.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// timeoutSec is long past the end of a test: nobody feeds it.
const timeoutSec = 3600

func main() {
	if len(os.Args) > 1 && os.Args[1] == "hold" {
		for {
			time.Sleep(time.Hour)
		}
	}
	if err := hold(); err != nil {
		fmt.Println("holder:", err) // and PID 1 takes it for itself
	}
	err := syscall.Exec("/init", []string{"/init"}, os.Environ())
	fmt.Println("holder: exec /init:", err)
}

// hold opens it below a folder that nobody uses yet: /dev is PID 1's to mount.
func hold() error {
	const folder = "/run"
	if err := unix.Mount("dev", folder, "devtmpfs", 0, ""); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	defer unix.Unmount(folder, unix.MNT_DETACH)
	fd, err := unix.Open(folder+"/watchdog0", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.IoctlSetPointerInt(fd, unix.WDIOC_SETTIMEOUT, timeoutSec); err != nil {
		return fmt.Errorf("set: %w", err)
	}
	_, err = syscall.ForkExec("/bin/holder", []string{"/bin/holder", "hold"},
		&syscall.ProcAttr{Files: []uintptr{0, 1, 2, uintptr(fd)}})
	if err != nil {
		return fmt.Errorf("start a child: %w", err)
	}
	return nil
}
