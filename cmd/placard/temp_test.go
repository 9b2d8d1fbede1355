package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOwnTemp(t *testing.T) {
	dir, before := t.TempDir(), os.TempDir()
	begin := func() (folder string, remove func() error) {
		remove, err := ownTemp(dir)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.CreateTemp("", "document")
		if err != nil || !strings.HasPrefix(f.Name(), filepath.Join(dir, "tmp")) {
			t.Fatalf("temporary files are %s, %v", f.Name(), err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return filepath.Dir(f.Name()), remove
	}
	there := func(folder string) bool {
		_, err := os.Stat(folder)
		return err == nil
	}

	killed := filepath.Join(dir, "tmp", "1")
	if err := os.MkdirAll(killed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(killed+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	first, removeFirst := begin()
	if there(killed) {
		t.Error("what a killed server left is there")
	}
	second, removeSecond := begin()
	if !there(first) {
		t.Error("the folder of a server that runs is gone")
	}
	if err := removeSecond(); err != nil || there(second) || !there(first) {
		t.Errorf("the folder stays at the end: %v", err)
	}
	if err := removeFirst(); err != nil || there(first) {
		t.Errorf("the folder stays at the end: %v", err)
	}
	if after := os.TempDir(); after != before {
		t.Errorf("temporary files are in %s at the end", after)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "tmp")); err != nil || len(left) > 0 {
		t.Errorf("there stays %v: %v", left, err)
	}
}
