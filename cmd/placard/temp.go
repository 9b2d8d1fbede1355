package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"
)

// ownTemp gives the process a folder of its own for temporary files, which may
// hold personal data, below `dir`. It removes those of servers that were killed:
// the lock beside such a folder is nobody's. `remove` removes its own.
func ownTemp(dir string) (remove func() error, err error) {
	base := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(base, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of temporary files: %w", err)
	}
	locks, err := filepath.Glob(filepath.Join(base, "*.lock"))
	if err != nil {
		return nil, fmt.Errorf("look for temporary files: %w", err)
	}
	for _, path := range locks {
		if err := removeLeft(path); err != nil {
			return nil, fmt.Errorf("remove temporary files of a server that was killed: %w", err)
		}
	}
	own, err := os.MkdirTemp(base, "")
	if err != nil {
		return nil, fmt.Errorf("make folder of temporary files: %w", err)
	}
	if own, err = filepath.Abs(own); err != nil {
		return nil, fmt.Errorf("make folder of temporary files: %w", err)
	}
	lock := flock.New(own+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("lock folder of temporary files: %w", err)
	}
	restore, err := setTemp(own)
	if err != nil {
		return nil, err
	}
	return func() error {
		return errors.Join(restore(), os.RemoveAll(own), lock.Unlock(), os.Remove(lock.Path()))
	}, nil
}

// setTemp has the process make its temporary files in a folder.
func setTemp(dir string) (restore func() error, err error) {
	variable := "TMPDIR"
	if runtime.GOOS == "windows" {
		variable = "TMP"
	}
	before, set := os.LookupEnv(variable)
	if err := os.Setenv(variable, dir); err != nil {
		return nil, fmt.Errorf("set folder of temporary files: %w", err)
	}
	return func() error {
		if !set {
			return os.Unsetenv(variable)
		}
		return os.Setenv(variable, before)
	}, nil
}

// removeLeft removes the folder of a lock that nobody holds.
func removeLeft(path string) error {
	lock := flock.New(path)
	free, err := lock.TryLock()
	if err != nil || !free {
		return err
	}
	return errors.Join(os.RemoveAll(strings.TrimSuffix(path, ".lock")), lock.Unlock(), os.Remove(path))
}
