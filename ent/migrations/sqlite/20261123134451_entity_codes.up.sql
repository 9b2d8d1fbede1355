-- disable the enforcement of foreign-keys constraints
PRAGMA foreign_keys = off;
-- create "new_entities" table
CREATE TABLE `new_entities` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `kind` text NOT NULL,
  `alpha2_code` text NOT NULL DEFAULT (''),
  `m49_code` text NOT NULL DEFAULT (''),
  `region` text NOT NULL DEFAULT ('REGION_UNSPECIFIED'),
  `names` text NOT NULL,
  PRIMARY KEY (`id`)
);
-- copy rows from old table "entities" to new temporary table "new_entities"
INSERT INTO `new_entities` (`id`, `create_time`, `update_time`, `revision`, `kind`, `names`) SELECT `id`, `create_time`, `update_time`, `revision`, `kind`, `names` FROM `entities`;
-- drop "entities" table after copying rows
DROP TABLE `entities`;
-- rename temporary table "new_entities" to "entities"
ALTER TABLE `new_entities` RENAME TO `entities`;
-- enable back the enforcement of foreign-keys constraints
PRAGMA foreign_keys = on;
