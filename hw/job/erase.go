package job

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"mote/hw/nvme"
)

// Erasure destroys what is on an NVMe disk. It refuses disks that the system uses, and
// anything that it can't be sure of.
type Erasure struct {
	// Probe tells what there is, and opens the controller.
	Probe *Probe
	// Keep are devices that are used without being mounted: the state area, the boot
	// partition. See inUse.
	Keep []string
	// Hold opens a disk for nobody else until it is closed: the kernel refuses one that
	// is mounted, swapped to or below another (O_EXCL of open(2)).
	Hold func(path string) (io.Closer, error)
	// Serial is the controller's: who asks has to know what is erased.
	Serial string
}

// How data may be erased, by the words for it.
var (
	formatWays   = map[string]nvme.Erase{"user-data": nvme.EraseUserData, "crypto": nvme.EraseCrypto}
	sanitizeWays = map[string]nvme.Sanitize{"block": nvme.SanitizeBlock, "crypto": nvme.SanitizeCrypto, "overwrite": nvme.SanitizeOverwrite}
)

// ErrInUse: the system uses the disk.
var ErrInUse = errors.New("the system uses it")

// Format erases a namespace, "nvme0n2", and leaves its form as it is. Where the
// controller can't format one alone, all of them are erased, and none may be in use. way
// is "user-data" or "crypto", which forgets the key that the data are encrypted with.
func (e Erasure) Format(disk, way string) error {
	how, is := formatWays[way]
	if !is {
		return fmt.Errorf("format %s: %q is no way; say user-data or crypto", disk, way)
	}
	drive := e.Probe.target("sys/block/" + disk + "/device")
	return e.destroy(drive, func(id nvme.Controller, device NVMeDevice, all []string) (disks []string, c nvme.Command, err error) {
		number := uint32(e.Probe.number("sys/block/" + disk + "/nsid"))
		switch {
		case number == 0 || number > nvme.NamespaceMax:
			return nil, c, errors.New("sysfs does not tell the namespace's number")
		case !id.CanFormat:
			return nil, c, errors.New("the controller can't format; sanitize it, or overwrite the disk")
		case how == nvme.EraseCrypto && !id.CanEraseCrypto:
			return nil, c, errors.New("the controller can't erase by forgetting a key; erase the user data instead")
		}
		page, err := device.Send(nvme.IdentifyNamespace(number))
		if err != nil {
			return nil, c, err
		}
		n, err := nvme.DecodeNamespace(page)
		if err != nil {
			return nil, c, err
		}
		if !id.FormatsAll && !id.ErasesAll {
			all = []string{disk}
		}
		return all, nvme.Format(number, n.Format, how), nil
	})
}

// Sanitize begins to erase all namespaces of a controller, "nvme0", with its caches. It
// goes on by itself, also over a power cut. way is "block", "crypto" or "overwrite".
func (e Erasure) Sanitize(drive, way string) error {
	how, is := sanitizeWays[way]
	if !is {
		return fmt.Errorf("sanitize %s: %q is no way; say block, crypto or overwrite", drive, way)
	}
	return e.destroy(drive, func(id nvme.Controller, _ NVMeDevice, all []string) ([]string, nvme.Command, error) {
		can := map[nvme.Sanitize]bool{nvme.SanitizeBlock: id.CanSanitizeBlock, nvme.SanitizeCrypto: id.CanSanitizeCrypto, nvme.SanitizeOverwrite: id.CanOverwrite}
		if !can[how] {
			return nil, nvme.Command{}, errors.New("the controller can't sanitize so; another way may do, or format its namespaces")
		}
		return all, nvme.StartSanitize(how), nil
	})
}

// destroy asks the controller who it is, lets plan say what is lost by which command,
// and sends that once it is sure that nothing of it is in use.
func (e Erasure) destroy(drive string, plan func(id nvme.Controller, device NVMeDevice, all []string) ([]string, nvme.Command, error)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("erase %s: %w; nothing was erased", drive, err)
		}
	}()
	if !strings.HasPrefix(drive, "nvme") || strings.HasPrefix(drive, "nvme-") {
		return errors.New("it is no NVMe disk with one controller")
	}
	all, err := e.Probe.namespaceDisks(drive)
	if err != nil {
		return err
	}
	device, err := e.Probe.OpenNVMe("/dev/" + drive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	page, err := device.Send(nvme.IdentifyController())
	if err != nil {
		return err
	}
	id, err := nvme.DecodeController(page)
	switch {
	case err != nil:
		return err
	case e.Serial == "" || id.Serial != e.Serial:
		return fmt.Errorf("its serial number is %q, not %q", id.Serial, e.Serial)
	}
	disks, command, err := plan(id, device, all)
	if err != nil {
		return err
	}
	release, err := e.claim(disks)
	defer func() { err = errors.Join(err, release()) }()
	if err != nil {
		return err
	}
	_, err = device.Send(command)
	return err
}

// claim makes sure that no disk is in use, and that none can be until release.
func (e Erasure) claim(disks []string) (release func() error, err error) {
	var held []io.Closer
	release = func() (err error) {
		for _, h := range held {
			err = errors.Join(err, h.Close())
		}
		return err
	}
	used, err := e.Probe.inUse(e.Keep)
	if err != nil {
		return release, err
	}
	for _, disk := range disks {
		if what := used[disk]; what != "" {
			return release, fmt.Errorf("%s: %w: %s", disk, ErrInUse, what)
		}
		h, err := e.Hold("/dev/" + disk)
		if h != nil {
			held = append(held, h)
		}
		if err != nil {
			return release, fmt.Errorf("%s: %w: %w", disk, ErrInUse, err)
		}
	}
	return release, nil
}
