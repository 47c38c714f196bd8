package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.unlearn.internal.TensorBytes;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;

/**
 * SHA-256 over names, shapes and values of a model's parameters, in order of their names.
 *
 * @hidden not API
 */
public final class WeightsDigest {
  private WeightsDigest() {}

  /** Returns the digest in hexadecimal; equal for equal weights, bit for bit. */
  public static String of(TrainableCausalLm model) {
    return of(model.parameters());
  }

  /** Returns the digest of parameters by name, as if they were a model's. */
  public static String of(Map<String, NDArray> parameters) {
    Hasher hasher = Hashing.sha256().newHasher();
    parameters.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> {
              hasher.putString(entry.getKey(), StandardCharsets.UTF_8);
              hasher.putString(entry.getValue().getShape().toString(), StandardCharsets.UTF_8);
              TensorBytes.forEach(entry.getValue(), hasher::putBytes);
            });
    return hasher.hash().toString();
  }

  /** Returns the digest over shapes and values of arrays, in their order. */
  public static String of(Collection<NDArray> arrays) {
    Hasher hasher = Hashing.sha256().newHasher();
    for (NDArray array : arrays) {
      hasher.putString(array.getShape().toString(), StandardCharsets.UTF_8);
      TensorBytes.forEach(array, hasher::putBytes);
    }
    return hasher.hash().toString();
  }
}
