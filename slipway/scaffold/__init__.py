"""Write the files of a new project and of a new service."""
