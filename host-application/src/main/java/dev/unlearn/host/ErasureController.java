package dev.unlearn.host;

import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** Takes erasures, tells how far they are, and cancels them. */
@RestController
@RequestMapping("/erasures")
final class ErasureController {
  private static final String ID = "/{id:\\d{1,18}}";

  private final Erasures erasures;

  ErasureController(Erasures erasures) {
    this.erasures = erasures;
  }

  @PostMapping
  ResponseEntity<ErasureStatus> accept(@RequestBody ErasureRequest request) throws IOException {
    ErasureStatus status = erasures.accept(request);
    return ResponseEntity.accepted().location(URI.create("/erasures/" + status.id())).body(status);
  }

  @GetMapping(ID)
  ErasureStatus status(@PathVariable long id) throws IOException {
    return known(id, erasures.status(id));
  }

  @DeleteMapping(ID)
  @ResponseStatus(HttpStatus.ACCEPTED)
  ErasureStatus cancel(@PathVariable long id) throws IOException {
    ErasureStatus status = known(id, erasures.cancel(id));
    return switch (status.state()) {
      case QUEUED, RUNNING, CANCELLED -> status;
      case FORGOTTEN, NOT_FORGOTTEN, FAILED ->
          throw new ResponseStatusException(
              HttpStatus.CONFLICT, "erasure %d has ended: %s".formatted(id, status.state()));
    };
  }

  private static ErasureStatus known(long id, Optional<ErasureStatus> status) {
    return status.orElseThrow(
        () -> new ResponseStatusException(HttpStatus.NOT_FOUND, "there is no erasure " + id));
  }
}
