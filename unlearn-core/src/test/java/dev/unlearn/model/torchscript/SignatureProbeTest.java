package dev.unlearn.model.torchscript;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.CausalLms;
import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class SignatureProbeTest {
  /** Takes 8 PiB as soon as there are more than three ids. */
  private static final String HUNGRY =
      """
          if torch.gt(torch.size(input_ids, 1), 3):
            ids = torch.zeros([1125899906842624], dtype=4, layout=None, device=None, pin_memory=False)
          else:
            ids = input_ids
      """;

  /** Too little memory would otherwise halve the context without a word. */
  @Test
  void load_outOfMemory(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.pt");
    copyOfDropout(file);

    assertThatThrownBy(() -> CausalLms.loadTorchScript(file, Fixtures.NO_TOKENIZER))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith(
            "%s ran out of memory when 2048 positions were tried (RuntimeError: ", file)
        .hasMessageEndingWith("); say its context length by a Signature");
  }

  private static void copyOfDropout(Path target) throws IOException {
    try (ZipFile source = new ZipFile(Fixtures.path("dropout.pt").toFile());
        OutputStream out = Files.newOutputStream(target);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      List<? extends ZipEntry> entries = source.stream().toList();
      for (ZipEntry entry : entries) {
        byte[] bytes = source.getInputStream(entry).readAllBytes();
        zip.putNextEntry(new ZipEntry(entry.getName()));
        zip.write(
            entry.getName().endsWith("code/__torch__.py")
                ? hungry(new String(bytes, UTF_8)).getBytes(UTF_8)
                : bytes);
        zip.closeEntry();
      }
    }
  }

  private static String hungry(String code) {
    return code.replace("    head = self.head\n", HUNGRY + "    head = self.head\n")
        .replace(".forward(input_ids, )", ".forward(ids, )");
  }
}
