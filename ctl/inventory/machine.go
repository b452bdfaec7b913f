package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"mote/ctl/vm"
	"mote/wire/inventory"
)

const (
	// memoryBytes is a small PC's.
	memoryBytes = 512 << 20
	// answerLimit bounds the boot and the probing: TCG takes seconds for each.
	answerLimit = 4 * time.Minute
	diskBytes   = 64 << 20
)

// machine is a PC with one of everything that a node looks for: two NICs of
// different makers, an NVMe controller with two namespaces, a USB disk, a TPM, a
// watchdog, SMBIOS with a DIMM.
func machine(dir, kernel, root string, tpm *vm.TPM, second io.Writer) (vm.Config, error) {
	c := vm.Config{
		Machine: vm.Q35, Accel: vm.TCG, CPUs: 2, MemoryBytes: memoryBytes, Kernel: kernel, Root: root, RNG: true,
		Append: append(vm.MoteWords(), vm.StaticWord),
		NICs:   []vm.NIC{{MAC: "52:54:00:00:00:01"}},
		Second: second,
		Devices: []string{
			"e1000e,mac=52:54:00:00:00:02",
			"nvme,id=nvme,serial=MOTE0001", "nvme-ns,drive=ns1,bus=nvme,nsid=1", "nvme-ns,drive=ns2,bus=nvme,nsid=2,logical_block_size=4096,physical_block_size=4096",
			"qemu-xhci,id=usb", "usb-storage,drive=stick,bus=usb.0,serial=STICK1,removable=on",
			"i6300esb",
		},
		Args: []string{"-smbios", "type=1,manufacturer=Mote,product=Test machine,serial=M-0001,uuid=00112233-4455-6677-8899-aabbccddeeff"},
	}
	for _, id := range []string{"ns1", "ns2", "stick"} {
		path := filepath.Join(dir, id+".raw")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return c, err
		}
		if err := os.Truncate(path, diskBytes); err != nil {
			return c, err
		}
		c.Args = append(c.Args, "-drive", "if=none,format=raw,id="+id+",file="+path)
	}
	c.Args = append(c.Args, tpm.Args("crb")...)
	return c, nil
}

// take boots the machine and returns what the node says of it.
func take(ctx context.Context, kernel, root string, console io.Writer) (i inventory.Inventory, text []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	dir, err := os.MkdirTemp("", "mote-inv-")
	if err != nil {
		return i, nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	tpm, err := vm.StartTPM(ctx, dir)
	if err != nil {
		return i, nil, err
	}
	defer func() { err = errors.Join(err, tpm.Close()) }()
	answer, second := io.Pipe()
	c, err := machine(dir, kernel, root, tpm, second)
	if err != nil {
		return i, nil, err
	}
	c.Console = console
	v, err := vm.Start(ctx, c)
	if err != nil {
		return i, nil, err
	}
	// The machine writes to the pipe until it is closed, so the pipe goes first.
	defer func() { err = errors.Join(err, answer.Close(), v.Close()) }()
	go func() {
		// A machine that ends, or is given up on, has nothing more to say.
		select {
		case <-ctx.Done():
		case <-v.Ended():
		}
		_ = second.CloseWithError(errors.New("inventory: the machine told none; its console says why (-v shows it)"))
	}()
	var raw json.RawMessage
	if err := json.NewDecoder(answer).Decode(&raw); err != nil {
		return i, nil, err
	}
	if err := json.Unmarshal(raw, &i); err != nil {
		return i, nil, fmt.Errorf("inventory: %w", err)
	}
	if i.Version > inventory.Version {
		return i, nil, fmt.Errorf("inventory: version %d is newer than this program, which knows %d", i.Version, inventory.Version)
	}
	return i, raw, nil
}
