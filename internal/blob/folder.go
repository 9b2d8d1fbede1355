package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
)

// folder keeps contents as files, which lie under their keys.
type folder struct{ root *os.Root }

// unfinished ends the name of a file that is being written. It lies beside the
// finished ones: a rename does not leave the file system, and Sweep finds those
// of a server that was killed.
const unfinished = ".part"

// openFolder opens a folder, which is made where it is missing.
func openFolder(path string) (place, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return place{}, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return place{}, err
	}
	f := &folder{root}
	return place{put: f.put, write: f.write, read: f.read, remove: f.remove, list: f.list, close: root.Close}, nil
}

func (f *folder) put(ctx context.Context, key string, content []byte) error {
	return f.write(ctx, key, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// write writes a file and its name to the disk.
func (f *folder) write(ctx context.Context, key string, fn func(io.Writer) error) error {
	file, err := f.root.OpenFile(key+unfinished, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = fn(file); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = f.root.Rename(key+unfinished, key)
	}
	if err != nil {
		_ = f.root.Remove(key + unfinished) // if it fails, Sweep removes it
		return err
	}
	names, err := f.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(names.Sync(), names.Close())
}

func (f *folder) read(_ context.Context, key string) (io.ReadCloser, error) {
	file, err := f.root.Open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

func (f *folder) remove(_ context.Context, key string) error {
	if err := f.root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f *folder) list(context.Context) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		files, err := fs.ReadDir(f.root.FS(), ".")
		if err != nil {
			yield(kept{}, err)
			return
		}
		for _, file := range files {
			info, err := file.Info()
			if file.IsDir() || errors.Is(err, fs.ErrNotExist) { // removed meanwhile
				continue
			}
			if err != nil {
				yield(kept{}, err)
				return
			}
			if !yield(kept{key: file.Name(), at: info.ModTime()}, nil) {
				return
			}
		}
	}
}
