class AutosharesReset < Formula
  desc "Client library for the password reset of the AutoShares Trading API"
  homepage "@url@"
  url "@url@/autoshares-reset-@version@.tar.gz"
  sha256 "@sha256:autoshares-reset-@version@.tar.gz@"
  license any_of: ["MIT", "Apache-2.0"]

  # The system's bash is too old for the scripts.
  depends_on "bash" => :build
  depends_on "rust" => :build

  def install
    system "make", "library"
    system "make", "install", "PREFIX=#{prefix}"
  end

  test do
    (testpath/"test.c").write <<~C
      #include <autoshares_reset.h>
      #include <stdio.h>
      int main(void) { return puts(asr_version()) < 0; }
    C
    system ENV.cc, "test.c", "-I#{include}", "-L#{lib}", "-lautoshares_reset", "-Wl,-rpath,#{lib}", "-o", "test"
    assert_equal version.to_s, shell_output("./test").chomp
  end
end
