-- create "announcements" table
CREATE TABLE `announcements` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `announcement_id` text NOT NULL,
  `state` text NOT NULL,
  `content` text NOT NULL,
  `author` text NOT NULL,
  `send_time` datetime NULL,
  `cursor` text NOT NULL DEFAULT (''),
  `meeting_id` text NOT NULL,
  CONSTRAINT `announcements_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION
);
-- create index "announcement_meeting_id_announcement_id" to table: "announcements"
CREATE UNIQUE INDEX `announcement_meeting_id_announcement_id` ON `announcements` (`meeting_id`, `announcement_id`);
-- create index "announcement_meeting_id_create_time_id" to table: "announcements"
CREATE INDEX `announcement_meeting_id_create_time_id` ON `announcements` (`meeting_id`, `create_time`, `id`);
-- create index "announcement_create_time_id" to table: "announcements"
CREATE INDEX `announcement_create_time_id` ON `announcements` (`create_time`, `id`);
-- create index "announcement_state_send_time_id" to table: "announcements"
CREATE INDEX `announcement_state_send_time_id` ON `announcements` (`state`, `send_time`, `id`);
-- create "changes" table
CREATE TABLE `changes` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `create_time` datetime NOT NULL,
  `principal` text NOT NULL,
  `on_behalf_of` text NOT NULL DEFAULT (''),
  `verb` text NOT NULL,
  `resource_type` text NOT NULL,
  `resource` text NOT NULL,
  `revision` integer NOT NULL,
  `paths` json NULL,
  `meeting_id` text NOT NULL DEFAULT (''),
  `entity_id` text NOT NULL DEFAULT (''),
  `in_force` bool NOT NULL
);
-- create index "change_meeting_id_id" to table: "changes"
CREATE INDEX `change_meeting_id_id` ON `changes` (`meeting_id`, `id`);
-- create index "change_entity_id_id" to table: "changes"
CREATE INDEX `change_entity_id_id` ON `changes` (`entity_id`, `id`);
-- create "change_counters" table
CREATE TABLE `change_counters` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `value` integer NOT NULL
);
-- create "credentials" table
CREATE TABLE `credentials` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `state` text NOT NULL,
  `form` text NOT NULL,
  `receipt_date` text NOT NULL,
  `late` bool NOT NULL,
  `signatory_name` text NOT NULL DEFAULT (''),
  `signatory_title` text NOT NULL DEFAULT (''),
  `signatory_capacity` text NOT NULL,
  `remarks` text NOT NULL DEFAULT (''),
  `decide_time` datetime NULL,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  CONSTRAINT `credentials_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `credentials_entities_entity` FOREIGN KEY (`entity_id`) REFERENCES `entities` (`id`) ON DELETE NO ACTION
);
-- create index "credentials_meeting_id_entity_id" to table: "credentials"
CREATE UNIQUE INDEX `credentials_meeting_id_entity_id` ON `credentials` (`meeting_id`, `entity_id`);
-- create index "credentials_entity_id_meeting_id" to table: "credentials"
CREATE INDEX `credentials_entity_id_meeting_id` ON `credentials` (`entity_id`, `meeting_id`);
-- create index "credentials_meeting_id_update_time_entity_id" to table: "credentials"
CREATE INDEX `credentials_meeting_id_update_time_entity_id` ON `credentials` (`meeting_id`, `update_time`, `entity_id`);
-- create index "credentials_update_time_meeting_id_entity_id" to table: "credentials"
CREATE INDEX `credentials_update_time_meeting_id_entity_id` ON `credentials` (`update_time`, `meeting_id`, `entity_id`);
-- create "delegations" table
CREATE TABLE `delegations` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `state` text NOT NULL,
  `latest_revision` integer NOT NULL,
  `accepted_revision` integer NOT NULL DEFAULT (0),
  `participant_count` integer NOT NULL,
  `late` bool NOT NULL,
  `submit_time` datetime NOT NULL,
  `accept_time` datetime NULL,
  `return_reasons` json NULL,
  `warnings` json NULL,
  `note_reference` text NOT NULL DEFAULT (''),
  `note_date` text NOT NULL DEFAULT (''),
  `channel` text NOT NULL,
  `receipt_date` text NOT NULL DEFAULT (''),
  `focal_name` text NOT NULL DEFAULT (''),
  `focal_email` text NOT NULL DEFAULT (''),
  `focal_phone` text NOT NULL DEFAULT (''),
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  CONSTRAINT `delegations_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `delegations_entities_entity` FOREIGN KEY (`entity_id`) REFERENCES `entities` (`id`) ON DELETE NO ACTION
);
-- create index "delegation_meeting_id_entity_id" to table: "delegations"
CREATE UNIQUE INDEX `delegation_meeting_id_entity_id` ON `delegations` (`meeting_id`, `entity_id`);
-- create index "delegation_entity_id_meeting_id" to table: "delegations"
CREATE INDEX `delegation_entity_id_meeting_id` ON `delegations` (`entity_id`, `meeting_id`);
-- create index "delegation_submit_time_meeting_id_entity_id" to table: "delegations"
CREATE INDEX `delegation_submit_time_meeting_id_entity_id` ON `delegations` (`submit_time`, `meeting_id`, `entity_id`);
-- create index "delegation_update_time_meeting_id_entity_id" to table: "delegations"
CREATE INDEX `delegation_update_time_meeting_id_entity_id` ON `delegations` (`update_time`, `meeting_id`, `entity_id`);
-- create index "delegation_state_meeting_id_entity_id" to table: "delegations"
CREATE INDEX `delegation_state_meeting_id_entity_id` ON `delegations` (`state`, `meeting_id`, `entity_id`);
-- create index "delegation_channel_meeting_id_entity_id" to table: "delegations"
CREATE INDEX `delegation_channel_meeting_id_entity_id` ON `delegations` (`channel`, `meeting_id`, `entity_id`);
-- create index "delegation_late" to table: "delegations"
CREATE INDEX `delegation_late` ON `delegations` (`meeting_id`, `entity_id`) WHERE late;
-- create "deliveries" table
CREATE TABLE `deliveries` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `kind` text NOT NULL,
  `participant_id` text NOT NULL DEFAULT (''),
  `source` text NOT NULL DEFAULT (''),
  `language` text NOT NULL,
  `address` text NOT NULL,
  `address_key` text NOT NULL,
  `once` text NOT NULL,
  `state` text NOT NULL,
  `attempt_count` integer NOT NULL DEFAULT (0),
  `reason` text NOT NULL DEFAULT (''),
  `next_attempt_time` datetime NULL,
  `send_time` datetime NULL,
  `claim_time` datetime NULL,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `deliveries_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `deliveries_entities_entity` FOREIGN KEY (`entity_id`) REFERENCES `entities` (`id`) ON DELETE NO ACTION
);
-- create index "delivery_meeting_id_once" to table: "deliveries"
CREATE UNIQUE INDEX `delivery_meeting_id_once` ON `deliveries` (`meeting_id`, `once`);
-- create index "delivery_meeting_id_id" to table: "deliveries"
CREATE INDEX `delivery_meeting_id_id` ON `deliveries` (`meeting_id`, `id`);
-- create index "delivery_meeting_id_entity_id_id" to table: "deliveries"
CREATE INDEX `delivery_meeting_id_entity_id_id` ON `deliveries` (`meeting_id`, `entity_id`, `id`);
-- create index "delivery_entity_id_id" to table: "deliveries"
CREATE INDEX `delivery_entity_id_id` ON `deliveries` (`entity_id`, `id`);
-- create index "delivery_meeting_id_state_id" to table: "deliveries"
CREATE INDEX `delivery_meeting_id_state_id` ON `deliveries` (`meeting_id`, `state`, `id`);
-- create index "delivery_entity_id_state_id" to table: "deliveries"
CREATE INDEX `delivery_entity_id_state_id` ON `deliveries` (`entity_id`, `state`, `id`);
-- create index "delivery_state_id" to table: "deliveries"
CREATE INDEX `delivery_state_id` ON `deliveries` (`state`, `id`);
-- create index "delivery_meeting_id_source_id" to table: "deliveries"
CREATE INDEX `delivery_meeting_id_source_id` ON `deliveries` (`meeting_id`, `source`, `id`);
-- create index "delivery_meeting_id_source_state_id" to table: "deliveries"
CREATE INDEX `delivery_meeting_id_source_state_id` ON `deliveries` (`meeting_id`, `source`, `state`, `id`);
-- create index "delivery_meeting_id_kind_id" to table: "deliveries"
CREATE INDEX `delivery_meeting_id_kind_id` ON `deliveries` (`meeting_id`, `kind`, `id`);
-- create index "delivery_entity_id_kind_id" to table: "deliveries"
CREATE INDEX `delivery_entity_id_kind_id` ON `deliveries` (`entity_id`, `kind`, `id`);
-- create index "delivery_kind_id" to table: "deliveries"
CREATE INDEX `delivery_kind_id` ON `deliveries` (`kind`, `id`);
-- create index "delivery_meeting_id_address_key_state" to table: "deliveries"
CREATE INDEX `delivery_meeting_id_address_key_state` ON `deliveries` (`meeting_id`, `address_key`, `state`);
-- create "documents" table
CREATE TABLE `documents` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `document_id` text NOT NULL,
  `symbol` text NOT NULL,
  `symbol_key` text NOT NULL,
  `content` text NOT NULL,
  `meeting_id` text NOT NULL,
  CONSTRAINT `documents_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION
);
-- create index "document_meeting_id_document_id" to table: "documents"
CREATE UNIQUE INDEX `document_meeting_id_document_id` ON `documents` (`meeting_id`, `document_id`);
-- create index "document_meeting_id_symbol_key" to table: "documents"
CREATE UNIQUE INDEX `document_meeting_id_symbol_key` ON `documents` (`meeting_id`, `symbol_key`);
-- create index "document_meeting_id_update_time_document_id" to table: "documents"
CREATE INDEX `document_meeting_id_update_time_document_id` ON `documents` (`meeting_id`, `update_time`, `document_id`);
-- create "document_versions" table
CREATE TABLE `document_versions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `language` text NOT NULL,
  `media_type` text NOT NULL,
  `size_bytes` integer NOT NULL,
  `sha256` text NOT NULL,
  `blob` text NOT NULL,
  `document_row` integer NOT NULL,
  CONSTRAINT `document_versions_documents_document` FOREIGN KEY (`document_row`) REFERENCES `documents` (`id`) ON DELETE NO ACTION
);
-- create index "documentversion_document_row_language" to table: "document_versions"
CREATE UNIQUE INDEX `documentversion_document_row_language` ON `document_versions` (`document_row`, `language`);
-- create index "documentversion_blob" to table: "document_versions"
CREATE INDEX `documentversion_blob` ON `document_versions` (`blob`);
-- create "entities" table
CREATE TABLE `entities` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `kind` text NOT NULL,
  `alpha2_code` text NOT NULL DEFAULT (''),
  `m49_code` text NOT NULL DEFAULT (''),
  `region` text NOT NULL DEFAULT ('REGION_UNSPECIFIED'),
  `consultative_status` text NOT NULL DEFAULT ('CONSULTATIVE_STATUS_UNSPECIFIED'),
  `language` text NOT NULL DEFAULT (''),
  `search_key` text NOT NULL DEFAULT (''),
  `edited` bool NOT NULL DEFAULT (false),
  `names` text NOT NULL,
  PRIMARY KEY (`id`)
);
-- create "files" table
CREATE TABLE `files` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `purpose` text NOT NULL,
  `display_name` text NOT NULL,
  `media_type` text NOT NULL,
  `size_bytes` integer NOT NULL,
  `sha256` text NOT NULL,
  `blob` text NOT NULL,
  `author` text NOT NULL,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `files_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `files_entities_entity` FOREIGN KEY (`entity_id`) REFERENCES `entities` (`id`) ON DELETE NO ACTION
);
-- create index "file_meeting_id_entity_id_id" to table: "files"
CREATE INDEX `file_meeting_id_entity_id_id` ON `files` (`meeting_id`, `entity_id`, `id`);
-- create index "file_entity_id_meeting_id_id" to table: "files"
CREATE INDEX `file_entity_id_meeting_id_id` ON `files` (`entity_id`, `meeting_id`, `id`);
-- create index "file_create_time_id" to table: "files"
CREATE INDEX `file_create_time_id` ON `files` (`create_time`, `id`);
-- create index "file_blob" to table: "files"
CREATE INDEX `file_blob` ON `files` (`blob`);
-- create "instances" table
CREATE TABLE `instances` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `epoch` text NOT NULL,
  `secret_fingerprint` text NOT NULL DEFAULT ('')
);
-- create "instruments" table
CREATE TABLE `instruments` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `adoption_date` text NOT NULL DEFAULT (''),
  `in_force_date` text NOT NULL DEFAULT (''),
  `content` text NOT NULL,
  PRIMARY KEY (`id`)
);
-- create "invitations" table
CREATE TABLE `invitations` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `participation_status` text NOT NULL,
  `language` text NOT NULL,
  `reference` text NOT NULL DEFAULT (''),
  `channel` text NOT NULL,
  `addressee` text NOT NULL DEFAULT (''),
  `emails` json NULL,
  `state` text NOT NULL,
  `issue_time` datetime NULL,
  `response_time` datetime NULL,
  `entity_names` text NOT NULL DEFAULT (''),
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  CONSTRAINT `invitations_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `invitations_entities_entity` FOREIGN KEY (`entity_id`) REFERENCES `entities` (`id`) ON DELETE NO ACTION
);
-- create index "invitation_meeting_id_entity_id" to table: "invitations"
CREATE UNIQUE INDEX `invitation_meeting_id_entity_id` ON `invitations` (`meeting_id`, `entity_id`);
-- create index "invitation_entity_id_meeting_id" to table: "invitations"
CREATE INDEX `invitation_entity_id_meeting_id` ON `invitations` (`entity_id`, `meeting_id`);
-- create index "invitation_update_time_meeting_id_entity_id" to table: "invitations"
CREATE INDEX `invitation_update_time_meeting_id_entity_id` ON `invitations` (`update_time`, `meeting_id`, `entity_id`);
-- create index "invitation_state_meeting_id_entity_id" to table: "invitations"
CREATE INDEX `invitation_state_meeting_id_entity_id` ON `invitations` (`state`, `meeting_id`, `entity_id`);
-- create index "invitation_participation_status_meeting_id_entity_id" to table: "invitations"
CREATE INDEX `invitation_participation_status_meeting_id_entity_id` ON `invitations` (`participation_status`, `meeting_id`, `entity_id`);
-- create index "invitation_language_meeting_id_entity_id" to table: "invitations"
CREATE INDEX `invitation_language_meeting_id_entity_id` ON `invitations` (`language`, `meeting_id`, `entity_id`);
-- create "keys" table
CREATE TABLE `keys` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `display_name` text NOT NULL DEFAULT (''),
  `role` text NOT NULL,
  `entity_id` text NOT NULL DEFAULT (''),
  `account` text NOT NULL,
  `hash` blob NOT NULL,
  `expire_time` datetime NULL,
  `revoke_time` datetime NULL,
  `last_use_time` datetime NULL,
  PRIMARY KEY (`id`)
);
-- create index "key_account" to table: "keys"
CREATE INDEX `key_account` ON `keys` (`account`);
-- create index "key_create_time_id" to table: "keys"
CREATE INDEX `key_create_time_id` ON `keys` (`create_time`, `id`);
-- create "key_meetings" table
CREATE TABLE `key_meetings` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `key_id` text NOT NULL,
  `meeting_id` text NOT NULL,
  CONSTRAINT `key_meetings_keys_key` FOREIGN KEY (`key_id`) REFERENCES `keys` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `key_meetings_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION
);
-- create index "keymeeting_key_id_meeting_id" to table: "key_meetings"
CREATE UNIQUE INDEX `keymeeting_key_id_meeting_id` ON `key_meetings` (`key_id`, `meeting_id`);
-- create index "keymeeting_meeting_id" to table: "key_meetings"
CREATE INDEX `keymeeting_meeting_id` ON `key_meetings` (`meeting_id`);
-- create "letter_templates" table
CREATE TABLE `letter_templates` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `kind` text NOT NULL,
  `texts` text NOT NULL,
  `meeting_id` text NOT NULL,
  CONSTRAINT `letter_templates_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION
);
-- create index "lettertemplate_meeting_id_kind" to table: "letter_templates"
CREATE UNIQUE INDEX `lettertemplate_meeting_id_kind` ON `letter_templates` (`meeting_id`, `kind`);
-- create "list_editions" table
CREATE TABLE `list_editions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `sequence` integer NOT NULL,
  `change_time` datetime NOT NULL,
  `provisional` bool NOT NULL,
  `content` text NOT NULL,
  `signing_key` text NOT NULL,
  `author` text NOT NULL,
  `create_time` datetime NOT NULL,
  `meeting_id` text NOT NULL,
  CONSTRAINT `list_editions_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION
);
-- create index "listedition_meeting_id_sequence" to table: "list_editions"
CREATE UNIQUE INDEX `listedition_meeting_id_sequence` ON `list_editions` (`meeting_id`, `sequence`);
-- create "listed_delegations" table
CREATE TABLE `listed_delegations` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  `participation_status` text NOT NULL,
  `short_name` text NOT NULL,
  `late` bool NOT NULL,
  `persons` integer NOT NULL,
  `edition_id` integer NOT NULL,
  `revision_id` integer NOT NULL,
  CONSTRAINT `listed_delegations_list_editions_edition` FOREIGN KEY (`edition_id`) REFERENCES `list_editions` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `listed_delegations_revisions_revision` FOREIGN KEY (`revision_id`) REFERENCES `revisions` (`id`) ON DELETE NO ACTION
);
-- create index "listeddelegation_edition_id_entity_id" to table: "listed_delegations"
CREATE UNIQUE INDEX `listeddelegation_edition_id_entity_id` ON `listed_delegations` (`edition_id`, `entity_id`);
-- create index "listeddelegation_revision_id" to table: "listed_delegations"
CREATE INDEX `listeddelegation_revision_id` ON `listed_delegations` (`revision_id`);
-- create "meetings" table
CREATE TABLE `meetings` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `state` text NOT NULL,
  `start_date` text NOT NULL,
  `end_date` text NOT NULL,
  `time_zone` text NOT NULL,
  `late_policy` text NOT NULL,
  `modality` text NOT NULL,
  `composition_deadline` text NOT NULL DEFAULT (''),
  `deadline_time` datetime NULL,
  `close_time` datetime NULL,
  `instrument_id` text NOT NULL DEFAULT (''),
  `content` text NOT NULL,
  PRIMARY KEY (`id`)
);
-- create index "meeting_start_date_id" to table: "meetings"
CREATE INDEX `meeting_start_date_id` ON `meetings` (`start_date`, `id`);
-- create index "meeting_state_start_date_id" to table: "meetings"
CREATE INDEX `meeting_state_start_date_id` ON `meetings` (`state`, `start_date`, `id`);
-- create index "meeting_end_date" to table: "meetings"
CREATE INDEX `meeting_end_date` ON `meetings` (`end_date`);
-- create index "meeting_instrument_id" to table: "meetings"
CREATE INDEX `meeting_instrument_id` ON `meetings` (`instrument_id`) WHERE instrument_id <> '';
-- create "operations" table
CREATE TABLE `operations` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `method` text NOT NULL,
  `author` text NOT NULL,
  `role` text NOT NULL,
  `language` text NOT NULL DEFAULT (''),
  `request` blob NULL,
  `input` text NOT NULL DEFAULT (''),
  `done_count` integer NOT NULL DEFAULT (0),
  `total_count` integer NOT NULL DEFAULT (0),
  `cancel_requested` bool NOT NULL DEFAULT (false),
  `run` text NOT NULL DEFAULT (''),
  `lost_count` integer NOT NULL DEFAULT (0),
  `beat_time` datetime NOT NULL,
  `done` bool NOT NULL DEFAULT (false),
  `end_time` datetime NULL,
  `response` blob NULL,
  `error` blob NULL,
  `blob` text NOT NULL DEFAULT (''),
  `meeting_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `operations_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION
);
-- create index "operation_meeting_id_create_time_id" to table: "operations"
CREATE INDEX `operation_meeting_id_create_time_id` ON `operations` (`meeting_id`, `create_time`, `id`);
-- create index "operation_create_time_id" to table: "operations"
CREATE INDEX `operation_create_time_id` ON `operations` (`create_time`, `id`);
-- create index "operation_end_time_id" to table: "operations"
CREATE INDEX `operation_end_time_id` ON `operations` (`end_time`, `id`);
-- create index "operation_input" to table: "operations"
CREATE INDEX `operation_input` ON `operations` (`input`);
-- create index "operation_blob" to table: "operations"
CREATE INDEX `operation_blob` ON `operations` (`blob`);
-- create "participant_names" table
CREATE TABLE `participant_names` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  `word` text NOT NULL,
  `participant_id` text NOT NULL
);
-- create index "participantname_word_meeting_id_entity_id_participant_id" to table: "participant_names"
CREATE UNIQUE INDEX `participantname_word_meeting_id_entity_id_participant_id` ON `participant_names` (`word`, `meeting_id`, `entity_id`, `participant_id`);
-- create "participant_versions" table
CREATE TABLE `participant_versions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  `participant_id` text NOT NULL,
  `revision` integer NOT NULL,
  `latest_order` integer NOT NULL,
  `accepted_order` integer NOT NULL,
  `newest` bool NOT NULL,
  `honorific` text NOT NULL DEFAULT (''),
  `given_name` text NOT NULL DEFAULT (''),
  `family_name` text NOT NULL DEFAULT (''),
  `latin_given_name` text NOT NULL DEFAULT (''),
  `latin_family_name` text NOT NULL DEFAULT (''),
  `functional_title` text NOT NULL DEFAULT (''),
  `organization` text NOT NULL DEFAULT (''),
  `role` text NOT NULL,
  `email` text NOT NULL DEFAULT (''),
  `phone` text NOT NULL DEFAULT (''),
  `language` text NOT NULL DEFAULT (''),
  `modality` text NOT NULL,
  `external_id` text NOT NULL DEFAULT (''),
  `search_key` text NOT NULL,
  `latin_key` text NOT NULL DEFAULT (''),
  `replaces` text NOT NULL DEFAULT (''),
  `person_create_time` datetime NOT NULL,
  `create_time` datetime NOT NULL,
  `delegation_id` integer NOT NULL,
  CONSTRAINT `participant_versions_delegations_delegation` FOREIGN KEY (`delegation_id`) REFERENCES `delegations` (`id`) ON DELETE NO ACTION
);
-- create index "participant_versions_of_meeting" to table: "participant_versions"
CREATE INDEX `participant_versions_of_meeting` ON `participant_versions` (`meeting_id`, `entity_id`, `participant_id`) WHERE latest_order > 0 OR accepted_order > 0;
-- create index "participant_versions_of_entity" to table: "participant_versions"
CREATE INDEX `participant_versions_of_entity` ON `participant_versions` (`entity_id`, `meeting_id`, `participant_id`) WHERE latest_order > 0 OR accepted_order > 0;
-- create index "participant_versions_newest" to table: "participant_versions"
CREATE UNIQUE INDEX `participant_versions_newest` ON `participant_versions` (`participant_id`) WHERE newest;
-- create index "participant_versions_of_delegation" to table: "participant_versions"
CREATE INDEX `participant_versions_of_delegation` ON `participant_versions` (`delegation_id`, `participant_id`, `revision`);
-- create index "participant_versions_name_in_meeting" to table: "participant_versions"
CREATE INDEX `participant_versions_name_in_meeting` ON `participant_versions` (`meeting_id`, `search_key`, `participant_id`) WHERE latest_order > 0 OR accepted_order > 0;
-- create index "participant_versions_name" to table: "participant_versions"
CREATE INDEX `participant_versions_name` ON `participant_versions` (`search_key`, `participant_id`) WHERE latest_order > 0 OR accepted_order > 0;
-- create index "participant_versions_time_in_meeting" to table: "participant_versions"
CREATE INDEX `participant_versions_time_in_meeting` ON `participant_versions` (`meeting_id`, `person_create_time`, `participant_id`) WHERE latest_order > 0 OR accepted_order > 0;
-- create index "participant_versions_time" to table: "participant_versions"
CREATE INDEX `participant_versions_time` ON `participant_versions` (`person_create_time`, `participant_id`) WHERE latest_order > 0 OR accepted_order > 0;
-- create index "participant_versions_email" to table: "participant_versions"
CREATE INDEX `participant_versions_email` ON `participant_versions` (`email`) WHERE email <> '';
-- create index "participant_versions_of_external_id" to table: "participant_versions"
CREATE INDEX `participant_versions_of_external_id` ON `participant_versions` (`external_id`) WHERE external_id <> '';
-- create index "participant_versions_replaces" to table: "participant_versions"
CREATE INDEX `participant_versions_replaces` ON `participant_versions` (`replaces`) WHERE replaces <> '';
-- create index "participant_versions_external_id" to table: "participant_versions"
CREATE UNIQUE INDEX `participant_versions_external_id` ON `participant_versions` (`delegation_id`, `external_id`) WHERE latest_order > 0 AND external_id <> '';
-- create index "participant_versions_latest_head" to table: "participant_versions"
CREATE UNIQUE INDEX `participant_versions_latest_head` ON `participant_versions` (`meeting_id`, `entity_id`) WHERE latest_order > 0 AND role = 'HEAD';
-- create index "participant_versions_accepted_head" to table: "participant_versions"
CREATE UNIQUE INDEX `participant_versions_accepted_head` ON `participant_versions` (`meeting_id`, `entity_id`) WHERE accepted_order > 0 AND role = 'HEAD';
-- create "photos" table
CREATE TABLE `photos` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `state` text NOT NULL,
  `rejection` text NOT NULL DEFAULT (''),
  `rejection_note` text NOT NULL DEFAULT (''),
  `findings` json NULL,
  `late` bool NOT NULL,
  `size_bytes` integer NOT NULL,
  `sha256` text NOT NULL,
  `blob` text NOT NULL,
  `author` text NOT NULL,
  `upload_time` datetime NOT NULL,
  `decide_time` datetime NULL,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `photos_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `photos_entities_entity` FOREIGN KEY (`entity_id`) REFERENCES `entities` (`id`) ON DELETE NO ACTION
);
-- create index "photo_meeting_id_entity_id_id" to table: "photos"
CREATE INDEX `photo_meeting_id_entity_id_id` ON `photos` (`meeting_id`, `entity_id`, `id`);
-- create index "photo_entity_id_meeting_id_id" to table: "photos"
CREATE INDEX `photo_entity_id_meeting_id_id` ON `photos` (`entity_id`, `meeting_id`, `id`);
-- create index "photo_upload_time_id" to table: "photos"
CREATE INDEX `photo_upload_time_id` ON `photos` (`upload_time`, `id`);
-- create index "photo_meeting_id_upload_time_id" to table: "photos"
CREATE INDEX `photo_meeting_id_upload_time_id` ON `photos` (`meeting_id`, `upload_time`, `id`);
-- create index "photo_entity_id_upload_time_id" to table: "photos"
CREATE INDEX `photo_entity_id_upload_time_id` ON `photos` (`entity_id`, `upload_time`, `id`);
-- create index "photo_state_upload_time_id" to table: "photos"
CREATE INDEX `photo_state_upload_time_id` ON `photos` (`state`, `upload_time`, `id`);
-- create index "photo_meeting_id_state_upload_time_id" to table: "photos"
CREATE INDEX `photo_meeting_id_state_upload_time_id` ON `photos` (`meeting_id`, `state`, `upload_time`, `id`);
-- create index "photo_entity_id_state_upload_time_id" to table: "photos"
CREATE INDEX `photo_entity_id_state_upload_time_id` ON `photos` (`entity_id`, `state`, `upload_time`, `id`);
-- create index "photo_late" to table: "photos"
CREATE INDEX `photo_late` ON `photos` (`meeting_id`, `entity_id`, `id`) WHERE late;
-- create index "photo_late_upload_time" to table: "photos"
CREATE INDEX `photo_late_upload_time` ON `photos` (`upload_time`, `id`) WHERE late;
-- create index "photo_blob" to table: "photos"
CREATE INDEX `photo_blob` ON `photos` (`blob`);
-- create "photo_links" table
CREATE TABLE `photo_links` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `generation` integer NOT NULL,
  `expire_time` datetime NOT NULL,
  `address_key` text NOT NULL,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `photo_links_meetings_meeting` FOREIGN KEY (`meeting_id`) REFERENCES `meetings` (`id`) ON DELETE NO ACTION,
  CONSTRAINT `photo_links_entities_entity` FOREIGN KEY (`entity_id`) REFERENCES `entities` (`id`) ON DELETE NO ACTION
);
-- create index "photolink_meeting_id_entity_id_id" to table: "photo_links"
CREATE INDEX `photolink_meeting_id_entity_id_id` ON `photo_links` (`meeting_id`, `entity_id`, `id`);
-- create "readings" table
CREATE TABLE `readings` (
  `id` text NOT NULL,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  `kind` text NOT NULL,
  `resource` text NOT NULL,
  `principal` text NOT NULL,
  `role` text NOT NULL,
  `key` text NOT NULL,
  `method` text NOT NULL,
  `create_time` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
-- create index "reading_meeting_id_id" to table: "readings"
CREATE INDEX `reading_meeting_id_id` ON `readings` (`meeting_id`, `id`);
-- create index "reading_meeting_id_entity_id_id" to table: "readings"
CREATE INDEX `reading_meeting_id_entity_id_id` ON `readings` (`meeting_id`, `entity_id`, `id`);
-- create index "reading_meeting_id_principal_id" to table: "readings"
CREATE INDEX `reading_meeting_id_principal_id` ON `readings` (`meeting_id`, `principal`, `id`);
-- create index "reading_meeting_id_kind_id" to table: "readings"
CREATE INDEX `reading_meeting_id_kind_id` ON `readings` (`meeting_id`, `kind`, `id`);
-- create index "reading_entity_id_id" to table: "readings"
CREATE INDEX `reading_entity_id_id` ON `readings` (`entity_id`, `id`);
-- create index "reading_principal_id" to table: "readings"
CREATE INDEX `reading_principal_id` ON `readings` (`principal`, `id`);
-- create index "reading_create_time_id" to table: "readings"
CREATE INDEX `reading_create_time_id` ON `readings` (`create_time`, `id`);
-- create "requests" table
CREATE TABLE `requests` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `principal` text NOT NULL,
  `method` text NOT NULL,
  `request_id` text NOT NULL,
  `hash` blob NOT NULL,
  `resource` text NOT NULL DEFAULT (''),
  `resource_revision` integer NOT NULL DEFAULT (0),
  `create_time` datetime NOT NULL
);
-- create index "request_principal_method_request_id" to table: "requests"
CREATE UNIQUE INDEX `request_principal_method_request_id` ON `requests` (`principal`, `method`, `request_id`);
-- create index "request_create_time" to table: "requests"
CREATE INDEX `request_create_time` ON `requests` (`create_time`);
-- create "revisions" table
CREATE TABLE `revisions` (
  `id` integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  `meeting_id` text NOT NULL,
  `entity_id` text NOT NULL,
  `number` integer NOT NULL,
  `state` text NOT NULL,
  `self_accepted` bool NOT NULL,
  `late` bool NOT NULL,
  `author` text NOT NULL,
  `channel` text NOT NULL,
  `receipt_date` text NOT NULL DEFAULT (''),
  `note_reference` text NOT NULL DEFAULT (''),
  `note_date` text NOT NULL DEFAULT (''),
  `members` json NOT NULL,
  `return_reasons` json NULL,
  `receive_time` datetime NOT NULL,
  `create_time` datetime NOT NULL,
  `review_time` datetime NULL,
  `delegation_id` integer NOT NULL,
  CONSTRAINT `revisions_delegations_delegation` FOREIGN KEY (`delegation_id`) REFERENCES `delegations` (`id`) ON DELETE NO ACTION
);
-- create index "revision_delegation_id_number" to table: "revisions"
CREATE UNIQUE INDEX `revision_delegation_id_number` ON `revisions` (`delegation_id`, `number`);
-- create index "revision_meeting_id" to table: "revisions"
CREATE INDEX `revision_meeting_id` ON `revisions` (`meeting_id`);
-- create "signing_keys" table
CREATE TABLE `signing_keys` (
  `id` text NOT NULL,
  `create_time` datetime NOT NULL,
  `update_time` datetime NOT NULL,
  `revision` integer NOT NULL DEFAULT (1),
  `public_key` blob NOT NULL,
  `private_key` blob NOT NULL,
  `state` text NOT NULL,
  `retire_time` datetime NULL,
  `revoke_time` datetime NULL,
  PRIMARY KEY (`id`)
);
-- create index "signingkey_create_time_id" to table: "signing_keys"
CREATE INDEX `signingkey_create_time_id` ON `signing_keys` (`create_time`, `id`);
-- create index "signing_key_active" to table: "signing_keys"
CREATE UNIQUE INDEX `signing_key_active` ON `signing_keys` (`state`) WHERE state = 'ACTIVE';
