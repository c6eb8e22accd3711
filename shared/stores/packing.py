"""JSON of items in fewer bytes: zstd with dictionaries of what SDKs, and profiles, say again and again."""

from base64 import b64decode
from functools import cache

import zstandard

_LEVEL = 3
_MOST_BYTES = 1_000_000
"""More than anything unpacked has. What was spoiled may say any size, and its memory is asked for at once."""

_EVENTS = (
    '"consent":{"categoryPreferences":{"Advertising":true,"Analytics":true,"Functional":true,"DataSharing":false}}',
    '"traits":{"email":"@gmail.com","phone":"+82","firstName":"","lastName":"","name":"","plan":"","createdAt":"",',
    '"address":{"city":"Seoul","country":"KR","postalCode":"","state":"","street":""}}"products":[{"product_id":"",',
    '"sku":"","category":"","name":"","brand":"","variant":"","price":,"quantity":1,"coupon":"","position":1,',
    '"image_url":"https://"}],"order_id":"","checkout_id":"","total":,"subtotal":,"revenue":,"shipping":,"tax":,',
    '"discount":,"currency":"KRW","USD""campaign":{"name":"","source":"google","medium":"cpc","term":"","content":""}',
    '"device":{"id":"","manufacturer":"Apple","model":"iPhone","type":"ios"},"os":{"name":"Android","version":""},',
    '"screen":{"width":1920,"height":1080,"density":2},"network":{"wifi":true},"app":{"name":"","version":"",',
    '"build":"","namespace":"com."},"sessionId":,"groupId":"","channel":"web","originalTimestamp":"',
    '"userAgentData":{"brands":[{"brand":"Chromium","version":"142"}],"mobile":false,"platform":"Windows"}',
    "(iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148",
    " Safari/604.1(Linux; Android 10; K) Mobile Safari/537.36(Macintosh; Intel Mac OS X 10_15_7)(X11; Linux x86_64)",
    '{"messageId":"ajs-next-","timestamp":"2026-","type":"identify","page","screen","group","alias","track",',
    '"event":"Product Viewed","Product Added","Order Completed","Cart Viewed","Products Searched","integrations":{},',
    '"userId":"","anonymousId":"","properties":{"path":"/","url":"https://www.","title":"","search":"","referrer":',
    '"https://www.google.com/"},"context":{"page":{"path":"/","referrer":"","search":"","title":"","url":"https://"},',
    '"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0',
    ' Safari/537.36","locale":"ko-KR","en-US","library":{"name":"analytics.js","version":"next-1.","rudder-sdk-js"},',
    '"timezone":"Asia/Seoul","ip":"',
)
_PROFILES = (
    '"consent":{"":{"Advertising":["granted","2026-11-22T09:00:00.000Z","ajs-","src_web"],"Analytics":["refused",',
    '"computed":{"frequency@ce5c1a73":["count",0,1,0],"last_order@17ea19d9":["last",0,["2026-11-22T09:00:00.000Z",',
    '"ajs-","2026-11-22T09:00:00.000Z"],0],"preferred_channel@acd25679":["most_frequent",0,[0,0,{"":["web",1]}],0],',
    '"recency@ce9ff602":["days_since",0,"2026-11-22T09:00:00.000Z",0]},"consent":{},"events":{"$identify":[1,',
    '["2026-11-22T09:00:00.000Z","ajs-"],["2026-11-22T09:00:00.000Z","ajs-"]],"$page":[1,"Application Opened":[1,',
    '"Cart Viewed":[1,"Order Completed":[1,[,{"KRW":"10000.0000"}],{"USD":"10.0000"}],{"XXX":"10.0000"}],',
    '"Product Added":[1,"Product List Viewed":[1,"Product Viewed":[1,"Products Searched":[1,',
    '["2026-11-22T09:00:00.000Z",',
    '"ajs-next-"]]},"first_seen":"2026-11-22T09:00:00.000Z","last_seen":"2026-11-22T09:00:00.000Z","links":{"|":',
    '"2026-11-22T09:00:00.000Z"},"place":{"country":["KR","2026-11-22T09:00:00.000Z","ajs-"],"locale":["KR",',
    '"timezone":["Asia/Seoul","2026-11-22T09:00:00.000Z","ajs-"]},"seen":{"":["2026-11-22T09:00:00.000Z",',
    '"2026-11-22T09:00:00.000Z"]},"traits":{"city":["Seoul","2026-11-22T09:00:00.000Z","ajs-","A#|2026-11-22T09:00',
    ':00.000Z#ajs-","src_web"],"email":["@example.com","name":["","phone":["+8210","plan":["free","2026-',
)
_DICTIONARIES = {1: "".join(_EVENTS), 2: "".join(_PROFILES)}
"""By the first byte of what they packed. One that has packed anything never changes: a better one gets a number of its
own, which is read a release before it packs: in a deploy, and after one is taken back, older functions read too."""

BODY, STATE = 1, 2
"""What packs a body of an event, and a state of a profile."""


def packed(text: str, by: int) -> bytes:
    """The number of a dictionary, and a zstd frame made with it."""
    packer = zstandard.ZstdCompressor(level=_LEVEL, dict_data=_dictionary(by))
    return bytes([by]) + packer.compress(text.encode())


def unpacked(data: bytes | str) -> str:
    """What was packed. Streams bring bytes as base64. ValueError where it is neither."""
    raw = b64decode(data) if isinstance(data, str) else data
    try:
        unpacker, frame = zstandard.ZstdDecompressor(dict_data=_dictionary(raw[0])), raw[1:]
        if zstandard.frame_content_size(frame) > _MOST_BYTES:
            raise ValueError("this says that it is larger than anything packed here")
        text: bytes = unpacker.decompress(frame)
    except (IndexError, KeyError, zstandard.ZstdError) as error:
        raise ValueError("this was packed by nothing known here") from error
    return text.decode()


@cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    return zstandard.ZstdCompressionDict(_DICTIONARIES[number].encode(), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
