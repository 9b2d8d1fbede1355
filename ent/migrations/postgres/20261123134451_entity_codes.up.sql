-- modify "entities" table
ALTER TABLE "entities" ADD COLUMN "alpha2_code" character varying NOT NULL DEFAULT '' COLLATE "C", ADD COLUMN "m49_code" character varying NOT NULL DEFAULT '' COLLATE "C", ADD COLUMN "region" character varying NOT NULL DEFAULT 'REGION_UNSPECIFIED' COLLATE "C";
