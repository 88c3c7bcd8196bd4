# What warraq needs on Google Cloud: topics, a bucket, service accounts with least rights, a schedule, alerts.
# Streaming jobs are started by hand (docs/dataflow.md): applying this never starts or stops one.

terraform {
  required_version = ">= 1.5"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.0, < 8.0"
    }
  }
}

locals {
  bucket   = "${var.project}-${var.name}"
  template = "gs://${google_storage_bucket.warraq.name}/templates/batch.json"
  worker_roles = [
    "roles/dataflow.worker",
    "roles/logging.logWriter",
    "roles/monitoring.metricWriter",
  ]
}

resource "google_storage_bucket" "warraq" {
  project                     = var.project
  name                        = local.bucket
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  # Dataflow bills every temporary file for a week else.
  soft_delete_policy {
    retention_duration_seconds = 0
  }

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = var.keep_output_days
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 14
      matches_prefix = ["tmp/", "staging/"]
    }
  }
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project
  location      = var.region
  repository_id = var.name
  format        = "DOCKER"
}

resource "google_pubsub_topic" "articles" {
  project                    = var.project
  name                       = "${var.name}-articles"
  message_retention_duration = "604800s"
}

resource "google_pubsub_topic" "dead_letters" {
  project = var.project
  name    = "${var.name}-undelivered"
}

resource "google_pubsub_subscription" "articles" {
  project                    = var.project
  name                       = "${var.name}-articles"
  topic                      = google_pubsub_topic.articles.id
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s"

  # A message that warraq cannot read is a dead letter in its output; here lie those that no job could take at all.
  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 20
  }

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project
  name                       = "${var.name}-undelivered"
  topic                      = google_pubsub_topic.dead_letters.id
  message_retention_duration = "604800s"

  expiration_policy {
    ttl = ""
  }
}

# Pub/Sub itself moves messages to the dead-letter topic.
data "google_project" "this" {
  project_id = var.project
}

resource "google_pubsub_topic_iam_member" "pubsub_publishes_dead_letters" {
  project = var.project
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_pubsub_subscription_iam_member" "pubsub_acknowledges" {
  project      = var.project
  subscription = google_pubsub_subscription.articles.name
  role         = "roles/pubsub.subscriber"
  member       = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
}

resource "google_service_account" "worker" {
  project      = var.project
  account_id   = "${var.name}-worker"
  display_name = "Workers of warraq on Dataflow"
}

resource "google_project_iam_member" "worker" {
  for_each = toset(local.worker_roles)
  project  = var.project
  role     = each.value
  member   = google_service_account.worker.member
}

resource "google_storage_bucket_iam_member" "worker" {
  bucket = google_storage_bucket.warraq.name
  role   = "roles/storage.objectAdmin"
  member = google_service_account.worker.member
}

resource "google_artifact_registry_repository_iam_member" "worker" {
  project    = var.project
  location   = var.region
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.worker.member
}

resource "google_pubsub_subscription_iam_member" "worker" {
  project      = var.project
  subscription = google_pubsub_subscription.articles.name
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.worker.member
}

# Dataflow looks up the topic of a subscription, and makes one more subscription to follow its watermark.
resource "google_pubsub_subscription_iam_member" "worker_looks" {
  project      = var.project
  subscription = google_pubsub_subscription.articles.name
  role         = "roles/pubsub.viewer"
  member       = google_service_account.worker.member
}

resource "google_service_account" "launcher" {
  project      = var.project
  account_id   = "${var.name}-launcher"
  display_name = "Starts the batch of warraq on schedule"
}

resource "google_project_iam_member" "launcher" {
  project = var.project
  role    = "roles/dataflow.developer"
  member  = google_service_account.launcher.member
}

resource "google_service_account_iam_member" "launcher_uses_worker" {
  service_account_id = google_service_account.worker.name
  role               = "roles/iam.serviceAccountUser"
  member             = google_service_account.launcher.member
}

resource "google_storage_bucket_iam_member" "launcher" {
  bucket = google_storage_bucket.warraq.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.launcher.member
}

resource "google_cloud_scheduler_job" "batch" {
  project          = var.project
  region           = var.region
  name             = "${var.name}-batch"
  schedule         = var.schedule
  time_zone        = var.time_zone
  attempt_deadline = "320s"

  # A second launch is refused by the lease in the output folder, so trying again is safe.
  retry_config {
    retry_count = 2
  }

  http_target {
    http_method = "POST"
    uri         = "https://dataflow.googleapis.com/v1b3/projects/${var.project}/locations/${var.region}/flexTemplates:launch"
    headers     = { "Content-Type" = "application/json" }
    body = base64encode(jsonencode({
      launchParameter = {
        jobName              = "${var.name}-batch"
        containerSpecGcsPath = local.template
        parameters = {
          input               = var.input
          output              = "gs://${google_storage_bucket.warraq.name}/out"
          index               = "gs://${google_storage_bucket.warraq.name}/index"
          config              = "/opt/warraq/configs/batch.yaml"
          sdk_container_image = var.image
        }
        environment = {
          serviceAccountEmail = google_service_account.worker.email
          tempLocation        = "gs://${google_storage_bucket.warraq.name}/tmp"
          stagingLocation     = "gs://${google_storage_bucket.warraq.name}/staging"
          maxWorkers          = var.max_workers
          sdkContainerImage   = var.image
        }
      }
    }))

    oauth_token {
      service_account_email = google_service_account.launcher.email
    }
  }
}

resource "google_monitoring_alert_policy" "job_failed" {
  project      = var.project
  display_name = "${var.name}: a job failed"
  combiner     = "OR"

  conditions {
    display_name = "failed"
    condition_threshold {
      filter          = "resource.type = \"dataflow_job\" AND metric.type = \"dataflow.googleapis.com/job/is_failed\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"
    }
  }

  notification_channels = var.notification_channels
}

resource "google_monitoring_alert_policy" "stream_lags" {
  project      = var.project
  display_name = "${var.name}: articles wait in Pub/Sub"
  combiner     = "OR"

  conditions {
    display_name = "oldest message"
    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND resource.label.subscription_id = \"${google_pubsub_subscription.articles.name}\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\""
      comparison      = "COMPARISON_GT"
      threshold_value = 900
      duration        = "300s"

      aggregations {
        alignment_period   = "60s"
        per_series_aligner = "ALIGN_MAX"
      }
    }
  }

  notification_channels = var.notification_channels
}

resource "google_monitoring_alert_policy" "dead_letters" {
  project      = var.project
  display_name = "${var.name}: many records are refused"
  combiner     = "OR"

  conditions {
    display_name = "refused_bad_json"
    condition_threshold {
      filter          = "resource.type = \"dataflow_job\" AND metric.type = \"dataflow.googleapis.com/job/user_counter\" AND metric.label.metric_name = \"refused_bad_json\""
      comparison      = "COMPARISON_GT"
      threshold_value = 100
      duration        = "300s"

      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_DELTA"
      }
    }
  }

  notification_channels = var.notification_channels
}
