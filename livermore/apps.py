from django.contrib.admin.apps import AdminConfig


class LivermoreAdminConfig(AdminConfig):
    default_site = "livermore.admin_site.LivermoreAdminSite"
