package store

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

// AddMigration adds a version to those that Migrate knows, on both engines.
func (s *Store) AddMigration(t *testing.T, file, content string) {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(s.migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		old, err := fs.ReadFile(s.migrations, path)
		files[path] = &fstest.MapFile{Data: old}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"postgres", "sqlite"} {
		files[folder+"/"+file] = &fstest.MapFile{Data: []byte(content)}
	}
	s.migrations = files
}
