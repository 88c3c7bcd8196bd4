variable "project" {
  description = "Google Cloud project that owns and pays for everything here."
  type        = string
}

variable "region" {
  description = "Region of the workers, the bucket and the repository, such as europe-west1."
  type        = string
}

variable "name" {
  description = "Prefix of every resource."
  type        = string
  default     = "warraq"
  validation {
    condition     = can(regex("^[a-z][-a-z0-9]{2,20}$", var.name))
    error_message = "Lower-case letters, digits and dashes, 3 to 21 of them."
  }
}

variable "image" {
  description = "The image of launcher and workers, built from deploy/Dockerfile, with its digest."
  type        = string
}

variable "schedule" {
  description = "When the batch starts, as a cron expression."
  type        = string
  default     = "30 1 * * *"
}

variable "time_zone" {
  description = "Time zone of the schedule."
  type        = string
  default     = "Etc/UTC"
}

variable "input" {
  description = "Input of the batch: files, folders or globs on Cloud Storage, separated by commas."
  type        = string
}

variable "max_workers" {
  description = "Most workers of a job: what bounds its cost."
  type        = number
  default     = 4
}

variable "keep_output_days" {
  description = "Days after which old versions of output files are removed."
  type        = number
  default     = 30
}

variable "notification_channels" {
  description = "Monitoring channels (full names) that alerts go to."
  type        = list(string)
  default     = []
}
