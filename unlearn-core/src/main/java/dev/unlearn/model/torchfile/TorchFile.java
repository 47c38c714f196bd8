package dev.unlearn.model.torchfile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.file.StandardOpenOption.READ;

import com.google.errorprone.annotations.FormatMethod;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Shown;
import dev.unlearn.model.tensor.StoredTensor;
import dev.unlearn.model.torchfile.PickleValues.Dictionary;
import dev.unlearn.model.torchfile.PickledTensor.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PyTorch's {@code pytorch_model.bin}: the zip that {@code torch.save} writes for a state dict
 * since version 1.6, little-endian. It holds a pickle, {@code data.pkl}, that says what tensors
 * there are, and an entry per storage, {@code data/0} and so on, with the elements as they are.
 *
 * <p>Only the pickle is read, by a machine that knows the few names tensors are rebuilt from. Any
 * other name is refused and nothing is ever run, whatever the file's origin. Tensors stay where
 * they are; several may share elements, and their elements need not follow one another.
 *
 * <p>The pickle must be one dictionary of names to tensors. A value that is no tensor is refused
 * rather than dropped: it shows that the file is something else, for instance a trainer's state
 * around a state dict, and a model saved from it would lack something.
 */
public final class TorchFile {
  /** Room for more tensors than the machine takes. */
  static final int MAX_PICKLE_BYTES = 1 << 25;

  private static final String PICKLE = "/data.pkl";
  private static final ByteBuffer LITTLE = ISO_8859_1.encode("little");

  /** A number of ten bytes that begins the pickle before the zip: the format until version 1.5. */
  private static final String LEGACY_NUMBER = "l\u00fc\u009cF\u00f9 j\u00a8P\u0019";

  private final String where;
  private final Path file;
  private final StoredZip zip;
  private final String root;

  private TorchFile(Path file, FileChannel channel) throws IOException {
    this.where = file.toString();
    this.file = file;
    checkBeginning(channel);
    this.zip = StoredZip.open(where, channel);
    this.root = root();
  }

  /**
   * Reads which tensors a file holds.
   *
   * @return the tensors by name, in the order of the state dict
   * @throws UnlearningException if there is no such file, it is of an older format, asks for a name
   *     that no tensor is rebuilt from, or breaks a rule of the format; the message names the file,
   *     the thing, the rule and what was found
   */
  public static Map<String, StoredTensor> read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UnlearningException(file + " must be a file, but is none");
    }
    try (FileChannel channel = FileChannel.open(file, READ)) {
      return new TorchFile(file, channel).tensors();
    } catch (IOException e) {
      throw new UnlearningException("cannot read " + file, e);
    }
  }

  private void checkBeginning(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(512);
    while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {}
    String beginning = new String(bytes.array(), 0, bytes.position(), ISO_8859_1);
    if (beginning.startsWith("PK\3\4")) {
      return;
    }
    int number = beginning.indexOf(LEGACY_NUMBER);
    if ((number >= 0 && number < 32) || beginning.startsWith("ustar", 257)) {
      throw error(
          "the file must be a zip as torch.save writes since PyTorch 1.6, but is of the format"
              + " before; to convert it, load it with torch.load and write it with torch.save, or"
              + " load the model with transformers and call save_pretrained");
    }
    throw error(
        "the file must be a zip as torch.save writes, but begins with the bytes [%s]",
        HexFormat.ofDelimiter(" ").formatHex(bytes.array(), 0, Math.min(8, bytes.position())));
  }

  private String root() {
    List<String> pickles =
        zip.entries().keySet().stream()
            .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == rootLength(name))
            .toList();
    if (pickles.size() != 1) {
      throw error(
          "the zip must hold one data.pkl, in a folder, as torch.save writes, but holds %d",
          pickles.size());
    }
    return pickles.get(0).substring(0, rootLength(pickles.get(0)));
  }

  private static int rootLength(String pickle) {
    return pickle.length() - PICKLE.length();
  }

  private Map<String, StoredTensor> tensors() throws IOException {
    StoredZip.Entry byteOrder = zip.entries().get(root + "/byteorder");
    if (byteOrder != null && !zip.content(byteOrder, 16).equals(LITTLE)) {
      throw error("the elements must be little-endian, but the entry byteorder says otherwise");
    }
    ByteBuffer pickle = zip.content(entry(root + PICKLE), MAX_PICKLE_BYTES);
    Object value = Unpickler.load(where, pickle);
    if (!(value instanceof Dictionary dictionary)) {
      throw error(
          "the file must hold a dictionary of names to tensors, but holds %s",
          PickleValues.kind(value));
    }
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    dictionary.entries().forEach((name, tensor) -> tensors.put(name, stored(name, tensor)));
    return Collections.unmodifiableMap(tensors);
  }

  private StoredTensor stored(String name, Object value) {
    if (!(value instanceof PickledTensor tensor)) {
      throw error(
          "%s must be a tensor, but is %s; the file must hold a state dict alone, as"
              + " torch.save(model.state_dict(), ...) writes",
          Shown.of(name), PickleValues.kind(value));
    }
    Storage storage = tensor.storage();
    StoredZip.Entry entry = entry(root + "/data/" + storage.key());
    long unit = storage.type() == null ? 1 : storage.type().size();
    if (storage.count() > entry.size() / unit) {
      throw error(
          "tensor %s: the storage must have %d times %d bytes, but its entry %s has %d",
          Shown.of(name), storage.count(), unit, Shown.of(entry.name()), entry.size());
    }
    long end = entry.begin() + storage.count() * unit;
    StoredTensor stored = stored(name, tensor, entry.begin());
    if (Math.max(stored.position(), stored.end()) > end) {
      throw error(
          "tensor %s must end within its storage, at %d of the file, but ends at %d",
          Shown.of(name), end, stored.end());
    }
    return stored;
  }

  private StoredTensor stored(String name, PickledTensor tensor, long begin) {
    try {
      long offset = Math.multiplyExact(tensor.offset(), (long) tensor.type().size());
      return new StoredTensor(
          name,
          file,
          tensor.type(),
          tensor.dimensions(),
          tensor.strides(),
          Math.addExact(begin, offset));
    } catch (ArithmeticException e) {
      throw error("tensor %s must be of a size that can be counted, but is not", Shown.of(name));
    }
  }

  private StoredZip.Entry entry(String name) {
    StoredZip.Entry entry = zip.entries().get(name);
    if (entry == null) {
      throw error("the zip must hold the entry %s, but does not", Shown.of(name));
    }
    return entry;
  }

  @FormatMethod
  private UnlearningException error(String message, Object... values) {
    return new UnlearningException(where + ": " + message.formatted(values));
  }
}
