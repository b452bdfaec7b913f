package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	hwjob "mote/hw/job"
	"mote/hw/tpm"
)

const (
	// tpmPath is the first TPM's resource manager.
	tpmPath = "/dev/tpmrm0"
	// tpmLimit bounds a job with the TPM: a slow one takes a second for a key, and
	// some a few for a write.
	tpmLimit = 60 * time.Second
	// inputBytesMax bounds what a job reads: a sealed secret is below 2 KB.
	inputBytesMax = 64 << 10
)

// useTPM does a job with the TPM, and gives up on it after tpmLimit.
func useTPM(o options, out io.Writer) error {
	done := make(chan error, 1)
	go func() { done <- askTPM(o, out) }()
	select {
	case err := <-done:
		return err
	case <-time.After(tpmLimit):
		return fmt.Errorf("job %s: the TPM gave no answer in %s; restart the machine, and if it stays go on without it", o.job, tpmLimit)
	}
}

func askTPM(o options, out io.Writer) (err error) {
	device, err := hwjob.OpenTPM(tpmPath)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	switch o.job {
	case "seal":
		secret, err := readInput(o.in)
		if err != nil {
			return err
		}
		sealed, err := hwjob.Seal(device, o.pcrs, secret)
		return answer(out, sealed, err)
	case "unseal":
		return unseal(device, o.in, out)
	case "quote":
		q, err := hwjob.TakeQuote(device, o.pcrs, o.nonce)
		return answer(out, q, err)
	}
	count := map[string]func(hwjob.TPMDevice, uint32) (uint64, error){
		"define": hwjob.DefineCounter, "step": hwjob.StepCounter, "read": hwjob.ReadCounter}[o.do]
	if count == nil {
		return fmt.Errorf("job counter: -do %q; say define, step or read", o.do)
	}
	n, err := count(device, o.index)
	return answer(out, map[string]uint64{"value": n}, err)
}

// answer writes what a job gave, as JSON, unless it failed.
func answer(out io.Writer, v any, err error) error {
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(v)
}

func unseal(device hwjob.TPMDevice, path string, out io.Writer) error {
	b, err := readInput(path)
	if err != nil {
		return err
	}
	var sealed hwjob.Sealed
	if err := json.Unmarshal(b, &sealed); err != nil {
		return fmt.Errorf("job unseal: %s is no sealed secret: %w", path, err)
	}
	secret, err := hwjob.Unseal(device, sealed)
	if err != nil {
		return err
	}
	_, err = out.Write(secret)
	return err
}

func readInput(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err = io.ReadAll(io.LimitReader(f, inputBytesMax+1))
	if err == nil && len(b) > inputBytesMax {
		err = fmt.Errorf("%s has more than %d bytes", path, inputBytesMax)
	}
	return b, err
}

// parsePCRs reads "7,11".
func parsePCRs(text string) (s tpm.Selection, err error) {
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseUint(word, 10, 8)
		if err != nil || n >= tpm.PCRs {
			return 0, fmt.Errorf("%q is no PCR; give numbers of 0 to %d with commas", word, tpm.PCRs-1)
		}
		s |= 1 << n
	}
	return s, nil
}

// parseNonce reads hexadecimal digits.
func parseNonce(text string) ([]byte, error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) > tpm.NonceBytesMax {
		return nil, fmt.Errorf("a nonce is up to %d bytes in hexadecimal", tpm.NonceBytesMax)
	}
	return b, nil
}
