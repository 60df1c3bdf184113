# Written by `lexflow deploy --plan-out terraform` from services.yaml: change that, and write this anew.
terraform {
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.0"
    }
  }
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where everything is, europe-west1 for one."
  type        = string
}

variable "name" {
  description = "Name of the workflow; those of the accounts begin with it."
  type        = string
  default     = "decisions"
}

variable "bucket" {
  description = "Names of the buckets begin with it: BUCKET-documents, BUCKET-inbox."
  type        = string
}

variable "images" {
  description = "Image of each service, by digest."
  type        = map(string)
}

variable "source_file" {
  description = "File of the definition."
  type        = string
  default     = "../../workflow.yaml"
}

variable "deletion_protection" {
  description = "Refuse to destroy services and workflow."
  type        = bool
  default     = true
}

resource "google_project_service" "apis" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "run.googleapis.com",
    "storage.googleapis.com",
    "workflowexecutions.googleapis.com",
    "workflows.googleapis.com",
  ])
  project            = var.project
  service            = each.key
  disable_on_destroy = false
}

resource "google_artifact_registry_repository" "images" {
  project       = var.project
  location      = var.region
  repository_id = "lexflow"
  format        = "DOCKER"
  depends_on    = [google_project_service.apis]

  docker_config {
    immutable_tags = true
  }
}

resource "google_service_account" "workflow" {
  project      = var.project
  account_id   = "${var.name}-workflow"
  display_name = "account that the workflow runs as"
}

resource "google_service_account" "ingest" {
  project      = var.project
  account_id   = "${var.name}-ingest"
  display_name = "account that ingest runs as"
}

resource "google_service_account" "classify" {
  project      = var.project
  account_id   = "${var.name}-classify"
  display_name = "account that classify runs as"
}

resource "google_service_account" "extract" {
  project      = var.project
  account_id   = "${var.name}-extract"
  display_name = "account that extract runs as"
}

resource "google_service_account" "store" {
  project      = var.project
  account_id   = "${var.name}-store"
  display_name = "account that store runs as"
}

resource "google_project_iam_member" "workflow_logWriter_project" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = google_service_account.workflow.member
}

resource "google_storage_bucket" "documents" {
  project                     = var.project
  name                        = "${var.bucket}-documents"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  dynamic "lifecycle_rule" {
    for_each = jsondecode(file("${path.module}/../lifecycle-documents.json")).rule

    content {
      action {
        type          = lifecycle_rule.value.action.type
        storage_class = try(lifecycle_rule.value.action.storageClass, null)
      }

      condition {
        age = lifecycle_rule.value.condition.age
      }
    }
  }
}

resource "google_storage_bucket_iam_member" "ingest_objectUser_documents" {
  bucket = google_storage_bucket.documents.name
  role   = "roles/storage.objectUser"
  member = google_service_account.ingest.member
}

resource "google_storage_bucket_iam_member" "classify_objectViewer_documents" {
  bucket = google_storage_bucket.documents.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.classify.member
}

resource "google_storage_bucket_iam_member" "extract_objectViewer_documents" {
  bucket = google_storage_bucket.documents.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.extract.member
}

resource "google_storage_bucket_iam_member" "store_objectUser_documents" {
  bucket = google_storage_bucket.documents.name
  role   = "roles/storage.objectUser"
  member = google_service_account.store.member
}

resource "google_storage_bucket" "inbox" {
  project                     = var.project
  name                        = "${var.bucket}-inbox"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  dynamic "lifecycle_rule" {
    for_each = jsondecode(file("${path.module}/../lifecycle-inbox.json")).rule

    content {
      action {
        type          = lifecycle_rule.value.action.type
        storage_class = try(lifecycle_rule.value.action.storageClass, null)
      }

      condition {
        age = lifecycle_rule.value.condition.age
      }
    }
  }
}

resource "google_storage_bucket_iam_member" "ingest_objectViewer_inbox" {
  bucket = google_storage_bucket.inbox.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.ingest.member
}

resource "google_cloud_run_v2_service" "ingest" {
  project             = var.project
  location            = var.region
  name                = "ingest"
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  labels              = { app = var.name }
  deletion_protection = var.deletion_protection
  depends_on          = [google_project_service.apis]

  template {
    service_account                  = google_service_account.ingest.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    timeout                          = "900s"
    max_instance_request_concurrency = 4

    scaling {
      min_instance_count = 0
      max_instance_count = 10
    }

    containers {
      image = var.images["ingest"]

      resources {
        limits   = { cpu = "2", memory = "1Gi" }
        cpu_idle = true
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 10

        http_get {
          path = "/healthz"
        }
      }

      env {
        name  = "DOCUMENT_STORE"
        value = "gs://${google_storage_bucket.documents.name}/documents"
      }
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "workflow_invoker_ingest" {
  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.ingest.name
  role     = "roles/run.invoker"
  member   = google_service_account.workflow.member
}

resource "google_cloud_run_v2_service" "classify" {
  project             = var.project
  location            = var.region
  name                = "classify"
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  labels              = { app = var.name }
  deletion_protection = var.deletion_protection
  depends_on          = [google_project_service.apis]

  template {
    service_account                  = google_service_account.classify.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    timeout                          = "900s"
    max_instance_request_concurrency = 8

    scaling {
      min_instance_count = 0
      max_instance_count = 10
    }

    containers {
      image = var.images["classify"]

      resources {
        limits   = { cpu = "2", memory = "512Mi" }
        cpu_idle = true
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 10

        http_get {
          path = "/healthz"
        }
      }

      env {
        name  = "DOCUMENT_STORE"
        value = "gs://${google_storage_bucket.documents.name}/documents"
      }
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "workflow_invoker_classify" {
  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.classify.name
  role     = "roles/run.invoker"
  member   = google_service_account.workflow.member
}

resource "google_cloud_run_v2_service" "extract" {
  project             = var.project
  location            = var.region
  name                = "extract"
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  labels              = { app = var.name }
  deletion_protection = var.deletion_protection
  depends_on          = [google_project_service.apis]

  template {
    service_account                  = google_service_account.extract.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    timeout                          = "900s"
    max_instance_request_concurrency = 8

    scaling {
      min_instance_count = 0
      max_instance_count = 10
    }

    containers {
      image = var.images["extract"]

      resources {
        limits   = { cpu = "2", memory = "512Mi" }
        cpu_idle = true
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 10

        http_get {
          path = "/healthz"
        }
      }

      env {
        name  = "DOCUMENT_STORE"
        value = "gs://${google_storage_bucket.documents.name}/documents"
      }
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "workflow_invoker_extract" {
  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.extract.name
  role     = "roles/run.invoker"
  member   = google_service_account.workflow.member
}

resource "google_cloud_run_v2_service" "store" {
  project             = var.project
  location            = var.region
  name                = "store"
  ingress             = "INGRESS_TRAFFIC_INTERNAL_ONLY"
  labels              = { app = var.name }
  deletion_protection = var.deletion_protection
  depends_on          = [google_project_service.apis]

  template {
    service_account                  = google_service_account.store.email
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2"
    timeout                          = "900s"
    max_instance_request_concurrency = 80

    scaling {
      min_instance_count = 0
      max_instance_count = 1
    }

    containers {
      image = var.images["store"]

      resources {
        limits   = { cpu = "1", memory = "512Mi" }
        cpu_idle = false
      }

      startup_probe {
        period_seconds    = 1
        timeout_seconds   = 1
        failure_threshold = 10

        http_get {
          path = "/healthz"
        }
      }

      env {
        name  = "DOCUMENT_STORE"
        value = "gs://${google_storage_bucket.documents.name}/documents"
      }

      env {
        name  = "STORE_OUTBOX"
        value = "gs://${google_storage_bucket.documents.name}/outbox"
      }

      env {
        name  = "STORE_SINK"
        value = "gs://${google_storage_bucket.documents.name}/decisions"
      }
    }
  }
}

resource "google_cloud_run_v2_service_iam_member" "workflow_invoker_store" {
  project  = var.project
  location = var.region
  name     = google_cloud_run_v2_service.store.name
  role     = "roles/run.invoker"
  member   = google_service_account.workflow.member
}

resource "google_workflows_workflow" "workflow" {
  project                 = var.project
  region                  = var.region
  name                    = var.name
  service_account         = google_service_account.workflow.email
  source_contents         = file(var.source_file)
  call_log_level          = "LOG_ERRORS_ONLY"
  execution_history_level = "EXECUTION_HISTORY_DETAILED"
  labels                  = { app = var.name }
  deletion_protection     = var.deletion_protection
  depends_on              = [google_project_service.apis]
  user_env_vars = {
    INGEST_URL   = google_cloud_run_v2_service.ingest.uri
    CLASSIFY_URL = google_cloud_run_v2_service.classify.uri
    EXTRACT_URL  = google_cloud_run_v2_service.extract.uri
    STORE_URL    = google_cloud_run_v2_service.store.uri
  }
}
