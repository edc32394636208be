"""Takes the library from a release's archive, or builds it: conan create . [-o "&:shared=False"] [-o "&:from_source=True"]

Building needs Rust, bash 4 and make, and cargo fetches the crates of Cargo.lock.
"""

import re
from pathlib import Path

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import cross_building
from conan.tools.files import collect_libs, copy, get

SOURCES = "@sha256:autoshares-reset-@version@.tar.gz@"
# By Conan's names: the archive, and its checksum if this release has it.
ARCHIVES = {
    ("Linux", "x86_64"): ("linux-x64.tar.gz", "@sha256:autoshares-reset-@version@-linux-x64.tar.gz@"),
    ("Linux", "armv8"): ("linux-arm64.tar.gz", "@sha256:autoshares-reset-@version@-linux-arm64.tar.gz@"),
    ("Linux with musl", "x86_64"): ("linux-musl-x64.tar.gz", "@sha256:autoshares-reset-@version@-linux-musl-x64.tar.gz@"),
    ("Linux with musl", "armv8"): ("linux-musl-arm64.tar.gz", "@sha256:autoshares-reset-@version@-linux-musl-arm64.tar.gz@"),
    ("Windows", "x86_64"): ("win-x64.zip", "@sha256:autoshares-reset-@version@-win-x64.zip@"),
    ("Windows", "x86"): ("win-x86.zip", "@sha256:autoshares-reset-@version@-win-x86.zip@"),
    ("Windows", "armv8"): ("win-arm64.zip", "@sha256:autoshares-reset-@version@-win-arm64.zip@"),
    ("Macos", "x86_64"): ("osx-x64.tar.gz", "@sha256:autoshares-reset-@version@-osx-x64.tar.gz@"),
    ("Macos", "armv8"): ("osx-arm64.tar.gz", "@sha256:autoshares-reset-@version@-osx-arm64.tar.gz@"),
}


class AutosharesReset(ConanFile):
    name = "autoshares-reset"
    version = "@version@"
    description = "Client library for the password reset of the AutoShares Trading API"
    license = "MIT OR Apache-2.0"
    homepage = "@url@"
    package_type = "library"
    settings = "os", "arch"
    # Conan does not know the C library of Linux.
    options = {"shared": [True, False], "musl": [True, False], "from_source": [True, False]}
    default_options = {"shared": True, "musl": False, "from_source": False}

    def config_options(self):
        if self.settings.os != "Linux":
            del self.options.musl
        if self.settings.os == "Windows":
            del self.options.from_source

    def configure(self):
        # A build from source uses the C library of the build machine.
        if self._from_source():
            self.options.rm_safe("musl")

    def _from_source(self):
        return bool(self.options.get_safe("from_source"))

    def _system(self):
        return f"{self.settings.os}{' with musl' if self.options.get_safe('musl') else ''}"

    def _archive(self):
        return ARCHIVES.get((self._system(), str(self.settings.arch)), ("", ""))

    def validate(self):
        if self._from_source():
            if cross_building(self):
                raise ConanInvalidConfiguration("from_source=True builds for the system that it runs on, and no other")
        elif not self._archive()[1]:
            raise ConanInvalidConfiguration(
                f"this release has no archive for {self._system()} on {self.settings.arch}"
            )

    def build(self):
        archive = f"@url@/{self.name}-{self.version}"
        if self._from_source():
            get(self, f"{archive}.tar.gz", sha256=SOURCES, destination="sources", strip_root=True)
            self.run("make library", cwd="sources")
            self.run(f'make install DESTDIR="{self.build_folder}" PREFIX=/release LIBDIR=/release/lib', cwd="sources")
        else:
            file, checksum = self._archive()
            get(self, f"{archive}-{file}", sha256=checksum, destination="release", strip_root=True)

    def package(self):
        release = Path(self.build_folder, "release")
        static, shared = ["libautoshares_reset.a", "autoshares_reset.lib"], ["*.so*", "*.dylib", "*.dll", "*.dll.a", "*.dll.lib"]
        unwanted = [*(static if self.options.shared else shared), "autoshares-emulator"]
        for folder in ("include", "lib", "bin", "share/cmake"):
            copy(self, "*", Path(release, folder), Path(self.package_folder, folder), excludes=unwanted)
        for file in ("LICENSE-*", "THIRD-PARTY.txt"):
            copy(self, file, Path(release, "share/doc/autoshares_reset"), Path(self.package_folder, "licenses"))

    def package_info(self):
        # An import library has another name.
        self.cpp_info.libs = collect_libs(self)
        # The same names as those of the package's own CMake files.
        self.cpp_info.set_property("cmake_file_name", "autoshares_reset")
        kind = "autoshares_reset" if self.options.shared else "static"
        self.cpp_info.set_property("cmake_target_name", f"autoshares_reset::{kind}")
        self.cpp_info.set_property("pkg_config_name", "autoshares_reset")
        if not self.options.shared:
            self.cpp_info.defines = ["ASR_STATIC"]
            # The libraries that the static one needs, as the compiler listed them.
            config = Path(self.package_folder, "lib/pkgconfig/autoshares_reset.pc").read_text()
            private = re.search(r"^Libs\.private:(.*)$", config, re.MULTILINE)[1]
            self.cpp_info.system_libs = re.findall(r"(?<=-l)\S+|\S+(?=\.lib\b)", private)
            self.cpp_info.frameworks = re.findall(r"-framework (\S+)", private)
