package job

import (
	"context"
	"errors"
	"time"

	"mote/hw/tpm"
	"mote/wire/inventory"
)

// TPMDevice is /dev/tpmrm0: a command is written, its answer read.
type TPMDevice interface {
	// Exchange sends a command and returns the answer.
	Exchange(command []byte) ([]byte, error)
	Close() error
}

const (
	// triesMax and tryPause bound how long a busy TPM is asked again: some test
	// themselves for a second after a start.
	triesMax = 20
	tryPause = 100 * time.Millisecond
)

// exchange sends a command, again while the TPM asks for that, and gives the
// answer to take.
func exchange(device TPMDevice, c tpm.Command, take func(answer []byte) error) error {
	for try := 1; ; try++ {
		answer, err := device.Exchange(c.Bytes)
		if err != nil {
			return err
		}
		err = take(answer)
		var code tpm.CodeError
		if !errors.As(err, &code) || !code.Again() || try == triesMax {
			return err
		}
		time.Sleep(tryPause)
	}
}

// tpms asks each TPM that has a resource manager: version 1.2 has none, and is
// told with its version only.
func (p *Probe) tpms(ctx context.Context) []inventory.TPM {
	list := []inventory.TPM{}
	for _, name := range p.list("sys/class/tpm") {
		t := inventory.TPM{Seen: p.seen("sys/class/tpm/" + name), Name: name, PCRSHA256: map[string]string{},
			Specification: p.text("sys/class/tpm/"+name+"/tpm_version_major") + ".x"}
		if p.OpenTPM != nil {
			got, err := within(ctx, name, func() (inventory.TPM, error) { return p.askTPM(t) })
			if err != nil {
				p.fail("/dev/"+name, err)
			}
			if got.Name != "" {
				t = got
			}
		}
		list = append(list, t)
	}
	return list
}

// askTPM fills in what the TPM itself says.
func (p *Probe) askTPM(t inventory.TPM) (inventory.TPM, error) {
	// The kernel names both after the same number.
	path := "/dev/tpmrm" + t.Name[len("tpm"):]
	device, err := p.OpenTPM(path)
	if err != nil {
		return t, err
	}
	properties := tpm.Properties{}
	err = errors.Join(exchange(device, tpm.FixedProperties(), properties.AddProperties),
		exchange(device, tpm.VariableProperties(), properties.AddProperties))
	if err == nil {
		t.Seen.Source = path
		t.Specification, t.Manufacturer, t.Firmware = properties.Family(), properties.Manufacturer(), properties.Firmware()
		t.LockedOut, t.OrderlyStart = properties.LockedOut(), properties.OrderlyStart()
		t.LockoutCounter, t.LockoutMax, t.LockoutForgiveSec = properties.LockoutCounter(), properties.LockoutMax(), properties.ForgiveSec()
	}
	pcrs, pcrErr := readPCRs(device, tpm.All)
	t.PCRSHA256 = texts(pcrs)
	return t, errors.Join(err, pcrErr, device.Close())
}

// readPCRs asks until all that are wanted are there.
func readPCRs(device TPMDevice, wanted tpm.Selection) (map[int][tpm.DigestBytes]byte, error) {
	pcrs := map[int][tpm.DigestBytes]byte{}
	for left := wanted; left != 0; {
		err := exchange(device, tpm.ReadPCRs(left), func(answer []byte) error {
			got, err := tpm.DecodePCRs(answer, pcrs)
			if err == nil && got&left == 0 {
				err = errors.New("tpm: read PCRs: the answer has others than were asked for")
			}
			left &^= got
			return err
		})
		if err != nil {
			return pcrs, err
		}
	}
	return pcrs, nil
}
