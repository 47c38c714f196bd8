package dev.unlearn.rollback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.unlearn.LiveArrays;
import dev.unlearn.TinyModel;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.TensorBytes;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.Reservation;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class RollbackTest {
  /** Arrays of odd sizes, one of them over several chunks and more than one slice. */
  private static final String CONFIG =
      """
      {
        "model_type": "gpt2", "vocab_size": 1100001, "n_embd": 4, "n_layer": 1, "n_head": 1,
        "n_positions": 7, "initializer_range": 0.2
      }
      """;

  private final byte[] key = bytes(1, FileKeys.BYTES);
  private final Instant expires = Instant.now().plusSeconds(3600);
  private final TrainableCausalLm original = TinyModel.gpt2(1);
  private final TrainableCausalLm now = TinyModel.gpt2(2);
  private final String before = WeightsDigest.of(now);

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void write() {
    file = folder.resolve("rollback");
    Rollback.write(file, key, expires, original.parameters(), now.parameters());
  }

  @AfterEach
  void close() {
    original.close();
    now.close();
  }

  @Test
  void apply_tinyModel() {
    Rollback.apply(now, file, key);
    assertThat(WeightsDigest.of(now)).isEqualTo(WeightsDigest.of(original));
    assertThat(bits(now)).isEqualTo(bits(original));
    assertThat(file).exists();
  }

  @Test
  void apply_severalSlices() {
    try (TrainableCausalLm one = TinyModel.create(CONFIG, 1);
        TrainableCausalLm other = TinyModel.create(CONFIG, 2)) {
      Path large = folder.resolve("large");
      Rollback.write(large, key, expires, one.parameters(), other.parameters());
      Rollback.apply(other, large, key);
      assertThat(WeightsDigest.of(other)).isEqualTo(WeightsDigest.of(one));
      try (Stream<NDArray> arrays = other.parameters().values().stream()) {
        assertThat(arrays.mapToLong(NDArray::size).max().orElseThrow() * Float.BYTES)
            .isGreaterThan(TensorBytes.SLICE_BYTES)
            .matches(size -> size % Chunks.SIZE != 0);
      }
    }
  }

  @Test
  void apply_everyKindOfFloat() {
    int[] special = {
      0x7fc00001,
      0xffc12345,
      0x7f800001,
      0x7f800000,
      0xff800000,
      0x80000000,
      0,
      1,
      0x80000001,
      0x007fffff,
      0x7f7fffff
    };
    NDArray array = original.parameters().values().iterator().next();
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) array.size() * Float.BYTES);
    buffer.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(special);
    try (NDArray values =
        original.manager().create(buffer, array.getShape(), array.getDataType())) {
      TorchOps.get().copy(List.of(values), List.of(array));
    }
    assertThat(Arrays.copyOf(bits(array), special.length)).isEqualTo(special);
    Path specials = folder.resolve("specials");
    Rollback.write(specials, key, expires, original.parameters(), now.parameters());
    Rollback.apply(now, specials, key);
    assertThat(bits(now)).isEqualTo(bits(original));
  }

  @Test
  void apply_whileTheThreadIsInterrupted() {
    Thread.currentThread().interrupt();
    Rollback.apply(now, file, key);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(WeightsDigest.of(now)).isEqualTo(WeightsDigest.of(original));
  }

  @Test
  void writeAndApply_leaveNoArray() {
    int[] count = {0};
    LiveArrays.assertConstant(
        now.manager(),
        1,
        3,
        () -> {
          Path next = folder.resolve("rollback-" + count[0]++);
          Rollback.write(next, key, expires, original.parameters(), now.parameters());
          Rollback.apply(now, next, key);
        });
  }

  @Test
  void apply_adapterAttached() {
    try (Adapter adapter = Adapters.lora().attach(now)) {
      Map<String, NDArray> copies = new TreeMap<>();
      now.parameters().forEach((name, array) -> copies.put(name, array.duplicate()));
      String untouched = WeightsDigest.of(now);
      now.parameters().values().forEach(array -> copy(array, 0.5f));
      Path ofAdapter = folder.resolve("adapter");
      Rollback.write(ofAdapter, key, expires, copies, now.parameters());
      assertThatThrownBy(() -> Rollback.apply(now, file, key))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("has others");
      Rollback.apply(now, ofAdapter, key);
      assertThat(WeightsDigest.of(now)).isEqualTo(untouched);
      copies.values().forEach(NDArray::close);
    }
    assertThat(WeightsDigest.of(now)).isEqualTo(before);
  }

  @Test
  void apply_anotherModel() {
    assertThatThrownBy(() -> Rollback.apply(original, file, key))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "model must have the weights that the rollback file was written for, but has others: "
                + file);
    assertThat(WeightsDigest.of(original)).isNotEqualTo(before);
  }

  @Test
  void apply_twice() {
    Rollback.apply(now, file, key);
    assertThatThrownBy(() -> Rollback.apply(now, file, key))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has others");
    assertThat(WeightsDigest.of(now)).isEqualTo(WeightsDigest.of(original));
  }

  @Test
  void apply_anotherKey() {
    for (int i = 0; i < key.length; i++) {
      byte[] other = key.clone();
      other[i] ^= 1;
      assertThatThrownBy(() -> Rollback.apply(now, file, other))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "key must be the one that the rollback file was written with, but is another"
                  + " (or the file is damaged): "
                  + file);
    }
    untouched();
  }

  @Test
  void apply_keyOfAnotherLength() {
    for (int length : new int[] {0, 16, 31, 33}) {
      assertThatThrownBy(() -> Rollback.apply(now, file, new byte[length]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("key must have 32 bytes, but had: " + length);
    }
  }

  @Test
  void apply_expired() {
    Instant end = expires.truncatedTo(ChronoUnit.SECONDS);
    assertThatThrownBy(() -> Rollback.apply(now, file, key, end))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rollback file must not have expired, but did at %s: %s", end, file);
    untouched();
    Rollback.apply(now, file, key, end.minusNanos(1));
    assertThat(WeightsDigest.of(now)).isEqualTo(WeightsDigest.of(original));
  }

  @Test
  void apply_inUse() {
    try (Reservation run = Reservation.of(now)) {
      assertThatThrownBy(() -> Rollback.apply(now, file, key))
          .isInstanceOf(IllegalStateException.class);
    }
    untouched();
  }

  @Test
  void apply_noFile() {
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> Rollback.apply(now, missing, key))
        .hasMessageStartingWith("cannot read the rollback file " + missing);
  }

  @Test
  void apply_resultCannotBeRead() throws Exception {
    TrainableCausalLm failing = failingAtLast(() -> {});
    try (RollbackReader reader = new RollbackReader(file, key, Instant.now())) {
      assertThatThrownBy(() -> reader.apply(failing))
          .isInstanceOf(UnlearningException.class)
          .hasMessage(
              "rollback file %s cannot be applied (boom); the weights are as they were", file);
    }
    untouched();
  }

  @Test
  void apply_cannotTurnBack() throws Exception {
    TrainableCausalLm failing = failingAtLast(() -> Files.write(file, new byte[0]));
    try (RollbackReader reader = new RollbackReader(file, key, Instant.now())) {
      assertThatThrownBy(() -> reader.apply(failing))
          .isInstanceOf(UnlearningException.class)
          .hasMessage(
              "rollback file %s cannot be applied (boom); some weights are changed: load the model"
                  + " again",
              file)
          .satisfies(e -> assertThat(e.getCause().getSuppressed()).hasSize(1));
    }
  }

  /** Returns a model whose weights can be asked for twice: to check them, and to turn them. */
  private TrainableCausalLm failingAtLast(ThrowingCallable first) {
    int[] calls = {0};
    return (TrainableCausalLm)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {TrainableCausalLm.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("parameters") && ++calls[0] > 2) {
                first.call();
                throw new IllegalStateException("boom");
              }
              return method.invoke(now, arguments);
            });
  }

  @Test
  void file_showsNoWeights() throws Exception {
    Path same = folder.resolve("same");
    Rollback.write(same, key, expires, now.parameters(), now.parameters());
    byte[] bytes = Files.readAllBytes(same);
    assertThat(longestRun(bytes)).isLessThan(8);
    Path again = folder.resolve("again");
    Rollback.write(again, key, expires, now.parameters(), now.parameters());
    assertThat(sealed(Files.readAllBytes(again))).isNotEqualTo(sealed(bytes));
    Rollback.apply(now, same, key);
    untouched();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void file_isForItsOwner() throws Exception {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void write_existingFile() throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    assertThatThrownBy(
            () -> Rollback.write(file, key, expires, original.parameters(), now.parameters()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rollback file must be new, but exists already: " + file);
    assertThat(file).hasBinaryContent(bytes);
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void write_badArguments() {
    Path next = folder.resolve("next");
    Map<String, NDArray> weights = now.parameters();
    refused("key must have 32 bytes", next, new byte[16], expires, weights);
    refused("expires must be in the future", next, key, Instant.now(), weights);
    refused("now must have weights", next, key, expires, Map.of());
    refused("must be a folder", folder.resolve("missing").resolve("file"), key, expires, weights);
    Map<String, NDArray> fewer = new TreeMap<>(weights);
    fewer.remove(weights.keySet().iterator().next());
    refused("must have the same names", next, key, expires, fewer);
    Map<String, NDArray> mixed = new TreeMap<>(weights);
    mixed.put("transformer.wte.weight", weights.get("transformer.wpe.weight"));
    refused("differ in: transformer.wte.weight", next, key, expires, mixed);
    assertThat(folder.toFile().list()).containsExactly("rollback");
  }

  private void refused(
      String message, Path path, byte[] badKey, Instant end, Map<String, NDArray> weights) {
    assertThatThrownBy(() -> Rollback.write(path, badKey, end, original.parameters(), weights))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void expires_wholeSeconds() {
    assertThat(Rollback.expires(file)).isEqualTo(expires.truncatedTo(ChronoUnit.SECONDS));
  }

  @Test
  void expires_noRollbackFile() throws Exception {
    Path other = Files.writeString(folder.resolve("other"), "something else");
    assertThatThrownBy(() -> Rollback.expires(other))
        .hasMessage(other + " must be a rollback file of this version, but is none");
  }

  @Test
  void deleteExpired_thoseAlone() throws Exception {
    Path later = folder.resolve("later");
    Rollback.write(later, key, expires.plusSeconds(60), original.parameters(), now.parameters());
    byte[] bytes = Files.readAllBytes(file);
    Path torn = Files.write(folder.resolve("torn"), Arrays.copyOf(bytes, Header.SIZE + 5));
    Path outside = Files.write(Files.createDirectory(folder.resolve("folder")).resolve("f"), bytes);
    Path link = Files.createSymbolicLink(folder.resolve("link"), outside);
    Path other = Files.writeString(folder.resolve("other"), "something else");
    Path empty = Files.createFile(folder.resolve("empty"));
    assertThat(Rollback.deleteExpired(folder)).isZero();
    assertThat(Rollback.deleteExpired(folder, expires)).isEqualTo(2);
    assertThat(file).doesNotExist();
    assertThat(torn).doesNotExist();
    assertThat(List.of(later, outside, link, other, empty)).allMatch(Files::exists);
    assertThat(Rollback.deleteExpired(folder, expires)).isZero();
  }

  @Test
  void deleteExpired_noFolder() {
    assertThatThrownBy(() -> Rollback.deleteExpired(folder.resolve("missing")))
        .hasMessageStartingWith("cannot read the folder");
  }

  private void untouched() {
    assertThat(WeightsDigest.of(now)).isEqualTo(before);
  }

  private static void copy(NDArray array, float value) {
    try (NDArray values = array.getManager().full(array.getShape(), value)) {
      TorchOps.get().copy(List.of(values), List.of(array));
    }
  }

  private static byte[] sealed(byte[] bytes) {
    return Arrays.copyOfRange(bytes, Header.SIZE, bytes.length);
  }

  private static int longestRun(byte[] bytes) {
    int longest = 0;
    int run = 0;
    for (int i = 1; i < bytes.length; i++) {
      run = bytes[i] == bytes[i - 1] ? run + 1 : 0;
      longest = Math.max(longest, run + 1);
    }
    return longest;
  }

  private static byte[] bits(TrainableCausalLm model) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (NDArray array : model.parameters().values()) {
      for (int bits : bits(array)) {
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bits).array());
      }
    }
    return out.toByteArray();
  }

  private static int[] bits(NDArray array) {
    int[] bits = new int[(int) array.size()];
    TensorBytes.forEach(
        array, slice -> slice.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(bits));
    return bits;
  }

  static byte[] bytes(long seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
