#include "nodes/all_nodes.h"

#include "nodes/aligner.h"
#include "nodes/attention_writer.h"
#include "nodes/audio_decoder.h"
#include "nodes/audio_encoder.h"
#include "nodes/caption_cues.h"
#include "nodes/captioner.h"
#include "nodes/cross_attention.h"
#include "nodes/csv_source.h"
#include "nodes/demuxer.h"
#include "nodes/event_writer.h"
#include "nodes/face_crops.h"
#include "nodes/face_detector.h"
#include "nodes/face_encoder.h"
#include "nodes/face_identity.h"
#include "nodes/face_looks.h"
#include "nodes/face_tracker.h"
#include "nodes/frame_sampler.h"
#include "nodes/hls_writer.h"
#include "nodes/live_cues.h"
#include "nodes/live_source.h"
#include "nodes/monitor.h"
#include "nodes/picture_encoder.h"
#include "nodes/result_writer.h"
#include "nodes/shot_detector.h"
#include "nodes/speech_segments.h"
#include "nodes/speech_stretches.h"
#include "nodes/video_decoder.h"

namespace attune::nodes {

void register_all(pipeline::NodeRegistry& registry) {
  registry.add(demuxer_type());
  registry.add(audio_decoder_type());
  registry.add(video_decoder_type());
  registry.add(frame_sampler_type());
  registry.add(shot_detector_type());
  registry.add(face_detector_type());
  registry.add(face_tracker_type());
  registry.add(face_looks_type());
  registry.add(face_identity_type());
  registry.add(face_crops_type());
  registry.add(face_encoder_type());
  registry.add(audio_encoder_type());
  registry.add(aligner_type());
  registry.add(cross_attention_type());
  registry.add(csv_source_type());
  registry.add(attention_writer_type());
  registry.add(speech_segments_type());
  registry.add(speech_stretches_type());
  registry.add(captioner_type());
  registry.add(caption_cues_type());
  registry.add(result_writer_type());
  registry.add(hls_writer_type());
  registry.add(live_source_type());
  registry.add(live_cues_type());
  registry.add(event_writer_type());
  registry.add(picture_encoder_type());
  registry.add(monitor_type());
}

}  // namespace attune::nodes
