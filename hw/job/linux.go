package job

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"mote/hw/nvme"
	"mote/hw/tpm"
)

// ioctlAdmin is NVME_IOCTL_ADMIN_CMD (include/uapi/linux/nvme_ioctl.h).
const ioctlAdmin = 0xc0484e41

// heldDisk is a disk whose cache is forgotten when it is held and when it is let go, so
// that nobody who has it open reads, or writes, what was there before.
type heldDisk struct{ *os.File }

// HoldDisk opens a disk for nobody else, until it is closed.
func HoldDisk(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_EXCL, 0)
	if err != nil {
		return nil, err
	}
	return heldDisk{f}, unix.IoctlSetInt(int(f.Fd()), unix.BLKFLSBUF, 0)
}

// Close lets it go.
func (d heldDisk) Close() error {
	return errors.Join(unix.IoctlSetInt(int(d.Fd()), unix.BLKFLSBUF, 0), d.File.Close())
}

type nvmeFile struct{ f *os.File }

// OpenNVMe opens a controller. Admin commands need CAP_SYS_ADMIN.
func OpenNVMe(path string) (NVMeDevice, error) {
	f, err := os.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	return nvmeFile{f}, nil
}

func (d nvmeFile) Close() error { return d.f.Close() }

func (d nvmeFile) Send(c nvme.Command) ([]byte, error) {
	// At least one byte, so that there is an address.
	data := make([]byte, max(c.DataBytes, 1))
	raw := c.Append(make([]byte, 0, nvme.CommandBytes), uintptr(unsafe.Pointer(&data[0])))
	status, _, errno := unix.Syscall(unix.SYS_IOCTL, d.f.Fd(), ioctlAdmin, uintptr(unsafe.Pointer(&raw[0])))
	runtime.KeepAlive(data)
	switch {
	case errno != 0:
		return nil, fmt.Errorf("%s: %w", c.What, errno)
	case status != 0:
		return nil, StatusError{c.What, uint16(status)}
	}
	return data[:c.DataBytes], nil
}

// tpmFile is not an os.File: Go would make that non-blocking, and then the
// driver answers a read with nothing while the TPM thinks
// (drivers/char/tpm/tpm-dev-common.c).
type tpmFile int

// ErrNoTPM: this machine has no TPM, or one of version 1.2, which has no resource
// manager and is of no use here.
var ErrNoTPM = errors.New("tpm: this machine has no TPM 2.0; switch it on in the firmware's setup, or let the manifest do without")

// OpenTPM opens a TPM's resource manager; [ErrNoTPM] where there is none.
func OpenTPM(path string) (TPMDevice, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0) })
	switch {
	case err == unix.ENOENT || err == unix.ENXIO || err == unix.ENODEV:
		return nil, fmt.Errorf("%s: %w", path, ErrNoTPM)
	case err == unix.EBUSY:
		return nil, fmt.Errorf("%s: another program has the TPM to itself; use its resource manager, /dev/tpmrm0", path)
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return tpmFile(fd), nil
}

func (d tpmFile) Close() error { return unix.Close(int(d)) }

func (d tpmFile) Exchange(command []byte) ([]byte, error) {
	if _, err := retry(func() (int, error) { return unix.Write(int(d), command) }); err != nil {
		return nil, fmt.Errorf("write to the TPM: %w", err)
	}
	answer := make([]byte, tpm.AnswerBytesMax)
	n, err := retry(func() (int, error) { return unix.Read(int(d), answer) })
	if err != nil {
		return nil, fmt.Errorf("read from the TPM: %w", err)
	}
	return answer[:n], nil
}

// retry does a system call again that a signal interrupted: Go's runtime sends
// itself some.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
