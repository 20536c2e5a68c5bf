"""The admin, under the product's name."""

from django.contrib.admin import AdminSite


class LivermoreAdminSite(AdminSite):
    site_header = "Livermore"
    site_title = "Livermore"
    index_title = "Control plane"
