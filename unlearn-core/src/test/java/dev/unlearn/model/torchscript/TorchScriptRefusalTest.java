package dev.unlearn.model.torchscript;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.CausalLms;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.Signature;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are no TorchScript, and modules that are no causal language model. */
@Tag("engine")
final class TorchScriptRefusalTest {
  @TempDir Path folder;

  @Test
  void load_missingFileAndFolder() {
    Path missing = folder.resolve("missing.pt");

    assertThatThrownBy(() -> CausalLms.loadTorchScript(missing, Fixtures.NO_TOKENIZER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("model file must exist, but there is no: " + missing);
    assertThatThrownBy(() -> CausalLms.loadTorchScript(folder, Fixtures.NO_TOKENIZER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("model file must be a file, but is a folder: " + folder);
  }

  @Test
  void load_stateDict() {
    Path file = Fixtures.path("state_dict.pt");

    assertRefused(
        file,
        "%s must be a TorchScript file, as torch.jit.save writes it, but holds values without"
            + " code, as torch.save writes them");
  }

  @Test
  void load_noZip() throws IOException {
    Path file = Files.write(folder.resolve("model.pt"), new byte[1000]);

    assertRefused(
        file,
        "%s must be a TorchScript file, as torch.jit.save writes it, but is no whole zip archive"
            + " (zip END header not found)");
  }

  @Test
  void load_truncated() throws IOException {
    byte[] whole = Files.readAllBytes(Fixtures.path("ids.pt"));
    Path file = Files.write(folder.resolve("model.pt"), Arrays.copyOf(whole, whole.length * 2 / 3));

    assertRefused(
        file,
        "%s must be a TorchScript file, as torch.jit.save writes it, but is no whole zip archive"
            + " (zip END header not found)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/code/         | holds values without code, as torch.save writes them",
        "/data.pkl      | has no data.pkl",
        "/constants.pkl | has no constants.pkl",
        "version        | has no version",
        "''             | holds nothing"
      })
  void load_archiveWithout(String part, String found) throws IOException {
    Path file = folder.resolve("model.pt");
    copy(file, name -> !name.contains(part));

    assertRefused(file, "%s must be a TorchScript file, as torch.jit.save writes it, but " + found);
  }

  /** What only PyTorch can find comes as an exception, too. */
  @Test
  void load_brokenInside() throws IOException {
    Path file = folder.resolve("model.pt");
    copy(file, name -> !name.endsWith("/data/0"));

    assertRefused(
        file,
        "%s must be a TorchScript file that PyTorch can load and train, but it was refused:"
            + " PytorchStreamReader failed locating file data/0: file not found");
  }

  @Test
  void load_tracedAtAFixedLength() {
    Path file = Fixtures.path("fixed_length.pt");

    assertThatThrownBy(() -> CausalLms.loadTorchScript(file, Fixtures.NO_TOKENIZER))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith(
            "%s must take ids, or ids and an attention mask, of any shape (B, L), but failed at"
                + " (2, 3): with ids (RuntimeError: The size of tensor a (3) must match the size of"
                + " tensor b (4) at non-singleton dimension 1), with ids and mask (",
            file)
        .hasMessageEndingWith(
            "a module that takes something else must be loaded with a Signature, and one that was"
                + " traced at a fixed length cannot be used");
  }

  @Test
  void load_fixedLengthThatTheSignatureHides() {
    Path file = Fixtures.path("fixed_length.pt");
    Signature signature = Signature.ids(4);

    assertThatThrownBy(
            () ->
                CausalLms.loadTorchScript(file, Fixtures.NO_TOKENIZER, signature, TinyModel.ON_CPU))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "%s: the block must take what %s says, but failed with ids of shape (2, 3):"
                + " RuntimeError: The size of tensor a (3) must match the size of tensor b (4) at"
                + " non-singleton dimension 1",
            file, signature);
  }

  @Test
  void load_tracedOnAnotherDevice() throws IOException {
    Path file = tracedElsewhere();
    Signature signature = Signature.ids(Fixtures.POSITIONS);

    assertThatThrownBy(
            () ->
                CausalLms.loadTorchScript(file, Fixtures.NO_TOKENIZER, signature, TinyModel.ON_CPU))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith("%s: the block must take what %s says,", file, signature)
        .hasMessageEndingWith(
            "; its code makes tensors on cuda:63, where it was traced, and cpu() is where it is to"
                + " run; choose where by LoadOptions.device, or trace it again where it is to run");
  }

  /** What it takes is tried out in host memory. */
  @Test
  void load_tracedOnAnotherDeviceWithoutASignature() throws IOException {
    Path file = tracedElsewhere();

    assertThatThrownBy(() -> CausalLms.loadTorchScript(file, Fixtures.NO_TOKENIZER))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith("%s must take ids, or ids and an attention mask,", file)
        .hasMessageEndingWith(
            "; its code makes tensors on cuda:63, where it was traced, and cpu() is where it is"
                + " tried out; say what it takes by a Signature");
  }

  private Path tracedElsewhere() throws IOException {
    Path file = folder.resolve("model.pt");
    copy(file, name -> true, code -> code.replace("\"cpu\"", "\"cuda:63\""));
    return file;
  }

  @Test
  void score_beyondTheTableOfPositions() {
    // The last token predicts nothing and is not read.
    Signature signature = Signature.ids(Fixtures.POSITIONS + 2);
    TokenSequence tooLong = TokenSequence.of(new int[Fixtures.POSITIONS + 2]);
    try (TrainableCausalLm model =
        CausalLms.loadTorchScript(
            Fixtures.path("ids.pt"), Fixtures.NO_TOKENIZER, signature, TinyModel.ON_CPU)) {
      assertThatThrownBy(() -> model.score(List.of(tooLong)))
          .isInstanceOf(UnlearningException.class)
          .hasMessage(
              "the block failed with ids of shape (1, 13), which %s allows: RuntimeError: index out"
                  + " of range in self",
              signature);
    }
  }

  @Test
  void load_secondInputThatIsNoMask() {
    Path file = Fixtures.path("ids_positions.pt");

    assertRefused(
        file,
        "%s must take an attention mask after the ids, but its second input is none: it does not"
            + " hide a token; say what it is by a Signature");
  }

  @Test
  void load_moreInputsThanCanBeFoundOut() {
    Path file = Fixtures.path("past.pt");

    assertThatThrownBy(() -> CausalLms.loadTorchScript(file, Fixtures.NO_TOKENIZER))
        .isInstanceOf(UnlearningException.class)
        .hasMessageContaining("missing value for argument")
        .hasMessageNotContaining("Declaration")
        .hasMessageContaining("must be loaded with a Signature");
  }

  private void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> CausalLms.loadTorchScript(file, Fixtures.NO_TOKENIZER))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(message, file);
  }

  /** Copies the entries of a fixture's archive that are wanted. */
  private static void copy(Path target, Predicate<String> wanted) throws IOException {
    copy(target, wanted, code -> code);
  }

  private static void copy(Path target, Predicate<String> wanted, UnaryOperator<String> change)
      throws IOException {
    try (ZipFile source = new ZipFile(Fixtures.path("ids.pt").toFile());
        OutputStream out = Files.newOutputStream(target);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      List<? extends ZipEntry> entries =
          source.stream().filter(entry -> wanted.test(entry.getName())).toList();
      for (ZipEntry entry : entries) {
        zip.putNextEntry(new ZipEntry(entry.getName()));
        byte[] bytes = source.getInputStream(entry).readAllBytes();
        boolean code = entry.getName().endsWith(".py");
        zip.write(code ? change.apply(new String(bytes, UTF_8)).getBytes(UTF_8) : bytes);
        zip.closeEntry();
      }
    }
  }
}
