package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/un-placard/placard/internal/config"
)

// settings reads the settings of a command and makes its log. It does not stop
// at settings that make no sense: see config.Config.Validate.
func settings(cmd *cobra.Command, flags *pflag.FlagSet, environ []string) (config.Config, *slog.Logger, error) {
	cfg, err := config.Load(flags, environ)
	if err != nil {
		return config.Config{}, nil, usageError{err}
	}
	return cfg, newLog(cmd.ErrOrStderr(), cfg), nil
}

// valid is settings that a command can work with.
func valid(cmd *cobra.Command, flags *pflag.FlagSet, environ []string) (config.Config, *slog.Logger, error) {
	cfg, log, err := settings(cmd, flags, environ)
	if err != nil {
		return cfg, nil, err
	}
	if err := cfg.Validate(); err != nil {
		return cfg, nil, usageError{fmt.Errorf("settings:\n%w", err)}
	}
	return cfg, log, nil
}

// newLog makes the log of the settings. A level that is not known is info.
func newLog(w io.Writer, cfg config.Config) *slog.Logger {
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // judged by Validate
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
